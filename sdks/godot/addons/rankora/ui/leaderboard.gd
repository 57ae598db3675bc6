@tool
class_name RankoraLeaderboard
extends PanelContainer
## A leaderboard that stays right by itself. Drop [code]leaderboard.tscn[/code] into a scene; its looks are a theme's.

## What is shown has changed.
signal changed

## Rows, 1 to 50.
@export_range(1, 50) var limit := 10
## The leaderboard's own order, or one of the two.
@export_enum("own", "asc", "desc") var order := "own"
## Whether the entry of whoever plays on this device is marked, and shown below where it isn't on the page.
@export var marks_own_entry := true
## Above the rows; empty for the leaderboard's name.
@export var title := "":
	set(value):
		title = value
		_show_title()
## One row; see [RankoraRow].
@export var row_scene: PackedScene = preload("row.tscn")
## Decimals of scores; -1 for the usual.
@export_range(-1, 9) var decimals := -1
## Between groups of three digits, and before the decimals.
@export var group_separator := ","
@export var decimal_point := "."

@export_group("Texts")
@export var text_when_connecting := "Loading…"
@export var text_when_empty := "Nobody is here yet."
@export var text_when_reconnecting := "Offline. This may have changed."
@export var text_when_stopped := "Not available."

## Whose leaderboard it is; the autoload [code]Rankora[/code] unless another one is set before this is in the tree.
var client: RankoraClient
## The page that is shown.
var live: RankoraLive

var _board := RankoraBoard.new()
var _rows: Array[Node] = []
var _own_row: Node

@onready var _title: Label = %Title
@onready var _status: Label = %Status
@onready var _list: VBoxContainer = %Rows
@onready var _own: VBoxContainer = %Own


func _ready() -> void:
	if Engine.is_editor_hint():
		_show_preview()
		return
	if client == null:
		client = get_node_or_null("/root/Rankora")
	if client == null:
		push_error("Rankora: enable the plugin, or set a client")
		return
	live = RankoraLive.new(client)
	live.changed.connect(_show)
	restart()
	add_child(live)


## Begins anew, with what is set by now.
func restart() -> void:
	live.limit = limit
	live.order = order if order != "own" else ""
	live.player_id = RankoraPlayer.local_id() if marks_own_entry else ""
	live.restart()
	_show()


func _show() -> void:
	var is_known := live.state == RankoraLive.State.LIVE or live.state == RankoraLive.State.POLLING
	if is_known and _board.id.is_empty():
		_read_board()
	_show_title()
	_show_rows(live.entries)
	_show_own(live.player)
	_status.text = _status_text()
	_status.visible = not _status.text.is_empty()
	changed.emit()


## Its name, and how its scores are written. Until they are known, scores are numbers.
func _read_board() -> void:
	_board.id = "asked for"
	var board := await client.get_leaderboard()
	if not board.is_ok():
		_board.id = ""
		return
	_board = board
	_show()


func _show_title() -> void:
	if _title != null:
		_title.text = title if not title.is_empty() else _board.name
		_title.visible = not _title.text.is_empty()


func _show_rows(entries: Array[RankoraEntry]) -> void:
	while _rows.size() > entries.size():
		_rows.pop_back().queue_free()
	while _rows.size() < entries.size():
		var row := row_scene.instantiate()
		_list.add_child(row)
		_rows.append(row)
	for index in entries.size():
		_show_entry(_rows[index], entries[index])


## The own entry, where it isn't on the page.
func _show_own(entry: RankoraEntry) -> void:
	var is_outside := entry != null and not live.entries.any(func(one: RankoraEntry) -> bool: return one.id == entry.id)
	_own.visible = is_outside
	if is_outside:
		if _own_row == null:
			_own_row = row_scene.instantiate()
			_own.add_child(_own_row)
		_show_entry(_own_row, entry)


func _show_entry(row: Node, entry: RankoraEntry) -> void:
	var score := RankoraFormat.score(entry.score, _board.score_format, decimals, group_separator, decimal_point)
	row.call("show_entry", entry, score)


func _status_text() -> String:
	match live.state:
		RankoraLive.State.CONNECTING:
			return text_when_connecting
		RankoraLive.State.RECONNECTING:
			return text_when_reconnecting if live.error != null else ""
		RankoraLive.State.STOPPED:
			return text_when_stopped
	return text_when_empty if live.total == 0 else ""


func _show_preview() -> void:
	_board.name = "Leaderboard"
	_show_title()
	var entries: Array[RankoraEntry] = []
	for rank in range(1, mini(limit, 5) + 1):
		entries.append(RankoraEntry.of_wire({"name": "Player %d" % rank, "rank": rank, "score": (6 - rank) * 1000}))
	entries[0].is_current_player = marks_own_entry
	_show_rows(entries)
	_status.hide()
