extends MarginContainer
## A game of five seconds, with a live leaderboard beside it.

const SECONDS := 5.0

var _clicks := 0
var _ends_at := 0

@onready var _server: LineEdit = %Server
@onready var _key: LineEdit = %Key
@onready var _player_name: LineEdit = %PlayerName
@onready var _play: Button = %Play
@onready var _said: Label = %Said
@onready var _leaderboard: RankoraLeaderboard = %Leaderboard


func _ready() -> void:
	_server.text = Rankora.base_url
	_key.text = Rankora.key
	%Connect.pressed.connect(_connect)
	_play.pressed.connect(_click)
	Rankora.score_accepted.connect(_on_score_accepted)
	Rankora.waiting_changed.connect(_on_waiting_changed)


func _process(_delta: float) -> void:
	if _ends_at > 0 and Time.get_ticks_msec() >= _ends_at:
		_ends_at = 0
		_submit()


func _connect() -> void:
	Rankora.base_url = _server.text
	Rankora.key = _key.text
	_leaderboard.restart()
	var board := await Rankora.get_leaderboard()
	_said.text = "Playing for %s" % board.name if board.is_ok() else board.error.message


func _click() -> void:
	# So that a form says what is wrong before anybody plays.
	var checked: Variant = RankoraRules.check_name(_player_name.text)
	if checked is RankoraError:
		_said.text = checked.message
		return
	if _ends_at == 0:
		_clicks = 0
		_ends_at = Time.get_ticks_msec() + int(SECONDS * 1000.0)
	_clicks += 1
	_play.text = str(_clicks)


func _submit() -> void:
	_play.disabled = true
	var submitted := await Rankora.submit_score(_player_name.text, _clicks, {"seconds": SECONDS})
	_play.disabled = false
	_play.text = "Again"
	if not submitted.is_ok():
		_said.text = submitted.error.message
	elif submitted.waits:
		_said.text = "The server can't be reached. Your score waits."


func _on_score_accepted(submitted: RankoraSubmitted, _submission: Dictionary) -> void:
	_said.text = "%d clicks: you are number %d of %d" % [submitted.score, submitted.rank, submitted.total_entries]


func _on_waiting_changed(count: int) -> void:
	if count > 1:
		_said.text = "%d scores wait to be sent" % count
