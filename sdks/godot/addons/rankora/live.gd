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
var _last_event_id := ""
var _retry := RETRY
## Which run this is: an older one ends as soon as it notices.
var _run := 0


func _init(client: RankoraClient = null) -> void:
	_client = client


func _enter_tree() -> void:
	process_mode = PROCESS_MODE_ALWAYS
	restart.call_deferred()


func _exit_tree() -> void:
	_run += 1


## Begins anew, with the page that is asked for now.
func restart() -> void:
	if not is_inside_tree():
		return
	if _client == null:
		_client = get_node_or_null("/root/Rankora")
	_run += 1
	_last_event_id = ""
	_fold = RankoraFold.new(limit, offset, not player_id.is_empty())
	_go(_run)


## Ends it; what is shown stays.
func stop() -> void:
	_run += 1


## Streams, and polls for as long as a stream can't be had.
func _go(run: int) -> void:
	var failures := 0
	while true:
		var failure := await _stream(run)
		if run != _run:
			return
		if failure == null:
			# It goes on where it was; polled pages would be newer than that.
			failures = 0
			_tell(State.RECONNECTING)
			await _client.sleep(_retry)
			continue
		failures += 1
		var has_none := failure.code in ["plan_restriction", "no_streams"]
		var first := RETRY_WITHOUT_STREAMS if has_none else _retry
		var final := await _poll_for(RankoraRetry.pause(failures, first, failure.retry_after), run)
		if run != _run:
			return
		if final != null:
			_tell(State.STOPPED, final)
			return


## Reads one stream to its end. Gives the error where it could not be had.
func _stream(run: int) -> RankoraError:
	var path := RankoraWire.page_path(RankoraWire.REALTIME, limit, offset if offset > 0 else -1, order, player_id)
	var headers := _client.headers_of()
	if not _last_event_id.is_empty():
		headers.append("Last-Event-ID: " + _last_event_id)
	var stream := RankoraStream.new(_client.url_of(path), headers)
	while run == _run:
		for event in stream.poll():
			var is_right := await _take(RankoraJson.read(event["data"]), run)
			if run != _run:
				break
			if not is_right:
				_last_event_id = ""
				stream.close()
				return null
			if not event["id"].is_empty():
				_last_event_id = event["id"]
		if stream.retry >= 0:
			_retry = stream.retry / 1000.0
		if stream.is_over:
			break
		await get_tree().process_frame
	stream.close()
	return stream.error


## Takes a message. False where it contradicts what is known.
func _take(message: Variant, run: int) -> bool:
	if not message is Dictionary:
		return false
	match message.get("type"):
		"initial":
			var is_mirrored: Variant = await _is_mirrored()
			if run != _run:
				return true
			if is_mirrored is RankoraError:
				return false
			_fold.take_page(message["entries"], int(message["pagination"]["total"]), is_mirrored)
			_tell(State.LIVE)
		"update":
			var payload: Dictionary = message["payload"]
			if not _fold.take_change(_row(payload["new"]), _row(payload["old"])):
				return false
			_tell(State.LIVE)
		"connected":
			# One that resumes has no page to begin with.
			if not _last_event_id.is_empty():
				_tell(State.LIVE)
	return true


## Reads the page again and again for so many seconds. Gives the error where there is no use in asking.
func _poll_for(seconds: float, run: int) -> RankoraError:
	var until := Time.get_ticks_msec() + int(seconds * 1000.0)
	while Time.get_ticks_msec() < until:
		var rest := poll_every
		var failure := await _poll(run)
		if run != _run:
			return null
		if failure != null:
			if failure.status in FINAL:
				return failure
			_tell(State.RECONNECTING, failure)
			rest = maxf(rest, RankoraRetry.pause(1, 0.0, failure.retry_after))
		await _client.sleep(minf(rest, (until - Time.get_ticks_msec()) / 1000.0))
		if run != _run:
			return null
	return null


func _poll(run: int) -> RankoraError:
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
	if run != _run:
		return null
	_fold.take_page(page.rows, page.total, is_mirrored, row)
	# What a stream would go on from is older than this.
	_last_event_id = ""
	_tell(State.POLLING)
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
