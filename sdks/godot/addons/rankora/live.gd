class_name RankoraLive
extends Node
## A page of the leaderboard that stays right by itself, for as long as it is in the tree.

## What is shown has changed.
signal changed
## [member state] has changed.
signal state_changed(state: State)

enum State {
	## Nothing is known yet.
	CONNECTING,
	## A stream keeps it right.
	LIVE,
	## No stream is to be had: the page is read every [member poll_every] seconds, each time a request.
	POLLING,
	## The server can't be reached. What was known last is shown on.
	RECONNECTING,
	## The key is refused, or what was asked for is. [method restart] tries again.
	STOPPED,
}

## Seconds, until the server has told another time.
const RETRY := 3.0
## Seconds until a stream is asked for again where the plan has none.
const RETRY_WITHOUT_STREAMS := 300.0
## Answers that asking again doesn't change.
const FINAL: Array[int] = [400, 401, 403, 404]

## Rows, 1 to 50. This and the next three hold from [method restart] on.
@export_range(1, 50) var limit := 10
@export var offset := 0
## [code]asc[/code], [code]desc[/code], or empty for the leaderboard's own order.
@export var order := ""
## The player whose entry is followed as [member player], on the page or not.
@export var player_id := ""
## Seconds.
@export var poll_every := 5.0

var state := State.CONNECTING
## The page's entries with right ranks. For a moment one may be missing.
var entries: Array[RankoraEntry] = []
## Entries of the whole leaderboard.
var total := 0
## The followed player's entry; null where there is none.
var player: RankoraEntry
## Why it is reconnecting or stopped.
var error: RankoraError

var _client: RankoraClient
var _fold: RankoraFold
var _stream: RankoraStream
## What came and is not taken yet.
var _messages: Array[Dictionary] = []
var _last_event_id := ""
var _retry := RETRY
var _failures := 0
## When a stream is asked for, and when the page is read; in milliseconds of the engine's clock, -1 for never.
var _stream_at := -1
var _poll_at := -1
## Whether an answer is awaited, before which nothing goes on.
var _is_asking := false
## Which run this is: answers of an older one come too late.
var _run := 0


func _init(client: RankoraClient = null) -> void:
	_client = client


func _enter_tree() -> void:
	process_mode = PROCESS_MODE_ALWAYS
	restart.call_deferred()


func _exit_tree() -> void:
	stop()


# No coroutine that lives as long as this: the engine keeps what one holds, such as a connection, when the node goes.
func _process(_delta: float) -> void:
	if _is_asking or _stream_at < 0:
		return
	var now := Time.get_ticks_msec()
	if _stream != null:
		_read_stream()
	elif now >= _stream_at:
		_open_stream()
	elif _poll_at >= 0 and now >= _poll_at:
		_poll(_run)


## Begins anew, with the page that is asked for now.
func restart() -> void:
	if not is_inside_tree():
		return
	stop()
	if _client == null:
		_client = get_node_or_null("/root/Rankora")
	if _client == null:
		push_error("Rankora: enable the plugin, or give it a client")
		return
	_last_event_id = ""
	_failures = 0
	_fold = RankoraFold.new(limit, offset, not player_id.is_empty())
	_stream_at = Time.get_ticks_msec()


## Ends it; what is shown stays.
func stop() -> void:
	_run += 1
	_is_asking = false
	_stream_at = -1
	_poll_at = -1
	_close_stream()


func _open_stream() -> void:
	var path := RankoraWire.page_path(RankoraWire.REALTIME, limit, offset if offset > 0 else -1, order, player_id)
	var headers := _client.headers_of()
	if not _last_event_id.is_empty():
		headers.append("Last-Event-ID: " + _last_event_id)
	_stream = RankoraStream.new(_client.url_of(path), headers)


func _close_stream() -> void:
	_messages.clear()
	if _stream != null:
		_stream.close()
		_stream = null


func _read_stream() -> void:
	_messages.append_array(_stream.poll())
	if _stream.retry >= 0:
		_retry = _stream.retry / 1000.0
	while _stream != null and not _is_asking and not _messages.is_empty():
		_take(_messages.pop_front())
	if _stream != null and not _is_asking and _stream.is_over:
		_end_stream(_stream.error)


## [param failure]: why it could not be had; null for one that was.
func _end_stream(failure: RankoraError) -> void:
	_close_stream()
	var now := Time.get_ticks_msec()
	if failure == null:
		# It goes on where it was; polled pages would be newer than that.
		_failures = 0
		_poll_at = -1
		_stream_at = now + int(_retry * 1000.0)
		_tell(State.RECONNECTING)
		return
	_failures += 1
	var has_none := failure.code in ["plan_restriction", "no_streams"]
	var first := RETRY_WITHOUT_STREAMS if has_none else _retry
	_stream_at = now + int(RankoraRetry.pause(_failures, first, failure.retry_after) * 1000.0)
	_poll_at = now


func _take(event: Dictionary) -> void:
	var message: Variant = RankoraJson.read(event["data"])
	match message.get("type") if message is Dictionary else "":
		"initial":
			_take_page(message, event["id"], _run)
			return
		"update":
			var payload: Dictionary = message["payload"]
			if not _fold.take_change(_row(payload["new"]), _row(payload["old"])):
				_begin_afresh()
				return
			_came(event["id"])
		"connected":
			# One that resumes has no page to begin with.
			if not _last_event_id.is_empty():
				_tell(State.LIVE)


func _take_page(message: Dictionary, id: String, run: int) -> void:
	_is_asking = not order.is_empty()
	var is_mirrored: Variant = await _is_mirrored()
	if run != _run:
		return
	_is_asking = false
	if is_mirrored is RankoraError:
		_begin_afresh()
		return
	var page_total := int(message["pagination"]["total"])
	_fold.take_page(message["entries"], page_total, is_mirrored, _row(message.get("player")))
	_came(id)


func _came(id: String) -> void:
	if not id.is_empty():
		_last_event_id = id
	_tell(State.LIVE)


## What is known is wrong: a stream that doesn't go on from it brings a page.
func _begin_afresh() -> void:
	_last_event_id = ""
	_end_stream(null)


## Reads the page.
func _poll(run: int) -> void:
	_is_asking = true
	var failure := await _read_page(run)
	if run != _run:
		return
	_is_asking = false
	var rest := poll_every
	if failure == null:
		# What a stream would go on from is older than this.
		_last_event_id = ""
		_tell(State.POLLING)
	elif failure.status in FINAL:
		stop()
		_tell(State.STOPPED, failure)
		return
	else:
		_tell(State.RECONNECTING, failure)
		rest = maxf(rest, RankoraRetry.pause(1, 0.0, failure.retry_after))
	_poll_at = Time.get_ticks_msec() + int(rest * 1000.0)


func _read_page(run: int) -> RankoraError:
	var page := await _client.read_page(limit, offset, order, player_id, 0)
	if page.error != null:
		return page.error
	var is_mirrored: Variant = await _is_mirrored()
	if is_mirrored is RankoraError:
		return is_mirrored
	var row := {}
	if not page.rows.any(func(one: Dictionary) -> bool: return one.get("is_current_player", false)):
		var read: Variant = await _read_player(page.total, is_mirrored)
		if read is RankoraError:
			return read
		row = read
	if run == _run:
		_fold.take_page(page.rows, page.total, is_mirrored, row)
	return null


## The followed player's row from outside the page, with its rank in the page's order; empty where there is none.
func _read_player(page_total: int, is_mirrored: bool) -> Variant:
	if player_id.is_empty():
		return {}
	var path := "%s/%s" % [RankoraWire.ENTRIES, player_id.uri_encode()]
	var said: Variant = await _client.ask(HTTPClient.METHOD_GET, path, [], "", 0)
	if said is RankoraError:
		return {} if said.status == 404 else said
	var row: Dictionary = said
	if is_mirrored:
		row["rank"] = page_total + 1 - int(row["rank"])
	row["is_current_player"] = true
	return row


## Whether the page's order is not the leaderboard's own, which may have been turned around; or an error.
func _is_mirrored() -> Variant:
	if order.is_empty():
		return false
	var board := await _client.get_leaderboard()
	return board.error if board.error != null else board.sort_order != order


func _row(row: Variant) -> Dictionary:
	return row if row is Dictionary else {}


func _tell(to: State, why: RankoraError = null) -> void:
	var is_other := to != state or why != error
	state = to
	error = why
	total = _fold.total
	entries = RankoraEntry.list_of_wire(_fold.rows())
	player = null if _fold.player.is_empty() else RankoraEntry.of_wire(_fold.player)
	if player != null:
		player.is_current_player = true
	changed.emit()
	if is_other:
		state_changed.emit(state)
