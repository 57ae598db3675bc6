class_name RankoraQueue
extends Node
## Submissions that aren't lost while the server can't be reached, over restarts too. They are sent in order, and each
## counts once however often it had to be sent.

## A submission was accepted. [param submission] has [code]name[/code], [code]score[/code], [code]player_id[/code] and,
## where it was given, [code]metadata[/code].
signal accepted(submitted: RankoraSubmitted, submission: Dictionary)
## A submission was refused for good, or had no room any more ([code]queue_full[/code]).
signal refused(error: RankoraError, submission: Dictionary)
## Another number of submissions waits.
signal waiting_changed(count: int)

## What waited was sent, as far as it could be.
signal flushed

## Which of a player's submissions waits.
enum Keep { LATEST, BEST, ALL }

## Seconds until what could not be sent is tried again.
const FIRST_PAUSE := 2.0
## Answers that are about the submission; others are about the key, the server or the way there.
const REFUSED: Array[int] = [400, 413, 415]
## Answers that are about the key: nothing can be sent with it.
const KEY_REFUSED: Array[int] = [401, 403, 404]

## What waits is kept in a file of this name; a game with several leaderboards has several.
@export var queue_name := "default"
## The latest; the best; or, where the leaderboard adds up, all.
@export var keep := Keep.LATEST
## Whether less is better, for [constant Keep.BEST].
@export var is_ascending := false
## How many wait at most; the oldest go first.
@export var limit := 100

var _client: RankoraClient
## Each with its Idempotency-Key as [code]key[/code].
var _waiting: Array[Dictionary] = []
## What each player's entry was made of last.
var _accepted: Array[Dictionary] = []
## Answers for whoever waits for one, by Idempotency-Key.
var _answers := {}
var _is_flushing := false
var _is_asked_again := false
var _failures := 0
## Why nothing can be sent with this key.
var _key_error: RankoraError
## When what waits is tried again, in milliseconds of the engine's clock; 0 for not at all.
var _try_at := 0


func _init(client: RankoraClient = null) -> void:
	_client = client


func _ready() -> void:
	process_mode = PROCESS_MODE_ALWAYS
	if _client == null:
		_client = get_parent() as RankoraClient
	_load()
	flush()


func _process(_delta: float) -> void:
	if _try_at > 0 and Time.get_ticks_msec() >= _try_at:
		flush()


func _notification(what: int) -> void:
	# Back from the background, or looked at again: networks often are as well.
	if what == NOTIFICATION_APPLICATION_RESUMED and is_inside_tree():
		flush()


## Sends a submission, or keeps it: then [member RankoraSubmitted.waits]. Without a [param player_id] it is the local
## player's.
func submit(
	player_name: Variant, score: Variant, metadata: Variant = RankoraRules.KEEP_METADATA, player_id := ""
) -> RankoraSubmitted:
	var id := RankoraPlayer.local_id() if player_id.is_empty() else player_id
	var checked: Variant = RankoraRules.check_submission(player_name, score, metadata, id)
	if checked is RankoraError:
		return RankoraSubmitted.new().failed(checked)
	return await _submit(checked)


## How many submissions wait.
func waiting_count() -> int:
	return _waiting.size()


## What waits, in the order in which it will be sent.
func waiting() -> Array[Dictionary]:
	return _without_keys(_waiting)


## Sends what waits, as far as it can be sent now. Gives the error where the key is refused, else null.
func flush() -> RankoraError:
	_is_asked_again = true
	if _is_flushing:
		await flushed
	else:
		await _flush_all()
	return _key_error


## A player's entry; without a [param player_id] the local player's. One that the leaderboard has lost is submitted
## anew.
func get_entry(player_id := "") -> RankoraEntry:
	var id := RankoraPlayer.local_id() if player_id.is_empty() else player_id.to_lower()
	var entry := await _client.get_entry(id)
	if entry.is_ok() or entry.error.status != 404:
		return entry
	if _waiting.any(func(kept: Dictionary) -> bool: return kept["player_id"] == id):
		# It is newer than what was accepted, and makes the entry as well.
		await flush()
		return await _client.get_entry(id)
	for kept in _accepted:
		if kept["player_id"] == id:
			# Under a new Idempotency-Key: the old one would get the old answer, and write nothing.
			await _submit(kept.duplicate())
			return await _client.get_entry(id)
	return entry


## Removes a player's entry for good, and what waits to be sent for it.
func remove_entry(player_id := "") -> RankoraResult:
	var id := RankoraPlayer.local_id() if player_id.is_empty() else player_id.to_lower()
	_waiting = _without(_waiting, id)
	_accepted = _without(_accepted, id)
	_save()
	return await _client.remove_entry(id)


func _submit(submission: Dictionary) -> RankoraSubmitted:
	var key := RankoraWire.uuid()
	# Whichever flush gets hold of it.
	_answers[key] = null
	var kept := submission.duplicate()
	kept["key"] = key
	var dropped := _add(kept)
	_save()
	for lost in _without_keys(dropped):
		refused.emit(RankoraError.new("queue_full", "Too many submissions are waiting"), lost)
	var key_error := await flush()
	var answer: RankoraSubmitted = _answers[key]
	_answers.erase(key)
	if answer != null:
		return answer
	answer = RankoraSubmitted.new()
	answer.waits = true
	answer.player_id = submission["player_id"]
	answer.score = float(submission["score"])
	answer.error = key_error
	return answer


func _flush_all() -> void:
	_is_flushing = true
	_try_at = 0
	while _is_asked_again:
		_is_asked_again = false
		_key_error = null
		while not _waiting.is_empty():
			var error := await _send_first()
			if error == null:
				_failures = 0
				continue
			_failures += 1
			var pause := RankoraRetry.pause(_failures, FIRST_PAUSE, error.retry_after)
			_try_at = Time.get_ticks_msec() + int(pause * 1000.0)
			if error.status in KEY_REFUSED:
				_key_error = error
			break
	_is_flushing = false
	flushed.emit()


## Sends what waits longest. Gives the error where it has to wait on.
func _send_first() -> RankoraError:
	var submission: Dictionary = _waiting[0].duplicate()
	var key: String = submission["key"]
	submission.erase("key")
	var submitted := await _client.submit_checked(submission, key, 0)
	var error := submitted.error
	# Older versions of a game may have kept what the rules refuse by now.
	if error != null and not error.status in REFUSED:
		return error
	_waiting.assign(_waiting.filter(func(kept: Dictionary) -> bool: return kept["key"] != key))
	if error == null:
		_remember(submission, submitted.score)
	_save()
	if _answers.has(key):
		_answers[key] = submitted
	if error == null:
		accepted.emit(submitted, submission)
	else:
		refused.emit(error, submission)
	return null


## Keeps what a player's entry is made of by now.
func _remember(submission: Dictionary, score: float) -> void:
	var kept := submission.duplicate()
	kept["score"] = score
	# What isn't better changes no metadata, and neither does what has none.
	var is_better := keep != Keep.BEST or score == float(submission["score"])
	for last in _accepted:
		if last["player_id"] == kept["player_id"] and not (is_better and submission.has("metadata")):
			kept.erase("metadata")
			kept.merge(last)
	_accepted = _without(_accepted, kept["player_id"])
	_accepted.append(kept)
	_accepted = _accepted.slice(-limit)


## Adds to what waits; gives what had no room any more.
func _add(added: Dictionary) -> Array[Dictionary]:
	if keep != Keep.ALL:
		for old in _waiting:
			if old["player_id"] == added["player_id"]:
				added = _merged(old, added)
		_waiting = _without(_waiting, added["player_id"])
	_waiting.append(added)
	var dropped: Array[Dictionary] = []
	while _waiting.size() > limit:
		dropped.append(_waiting.pop_front())
	return dropped


## What the server would make of the two, one after the other. The text is another one, and so is the key.
func _merged(old: Dictionary, added: Dictionary) -> Dictionary:
	var is_better: bool = added["score"] < old["score"] if is_ascending else added["score"] > old["score"]
	var merged := old.duplicate()
	if keep == Keep.BEST and not is_better:
		merged["name"] = added["name"]
		merged["key"] = added["key"]
	else:
		merged.merge(added, true)
	return merged


func _without(kept: Array[Dictionary], player_id: String) -> Array[Dictionary]:
	var others: Array[Dictionary] = []
	for one in kept:
		if one["player_id"] != player_id:
			others.append(one)
	return others


func _without_keys(kept: Array[Dictionary]) -> Array[Dictionary]:
	var submissions: Array[Dictionary] = []
	for one in kept:
		var submission := one.duplicate()
		submission.erase("key")
		submissions.append(submission)
	return submissions


func _path() -> String:
	return "%s/%s.queue" % [RankoraPlayer.DIRECTORY, queue_name.validate_filename()]


func _load() -> void:
	if not FileAccess.file_exists(_path()):
		return
	var file := FileAccess.open(_path(), FileAccess.READ)
	# Not as JSON, which the engine would read with rounded numbers.
	var state: Variant = file.get_var() if file != null and file.get_length() > 0 else null
	if state is Dictionary and state.get("waiting") is Array and state.get("accepted") is Array:
		_waiting.assign(state["waiting"])
		_accepted.assign(state["accepted"])


## Writes beside the file and then over it, so that a game that is ended meanwhile loses nothing.
func _save() -> void:
	DirAccess.make_dir_recursive_absolute(RankoraPlayer.DIRECTORY)
	var fresh := _path() + ".new"
	var file := FileAccess.open(fresh, FileAccess.WRITE)
	# Where nothing can be written, it is kept here for as long as this lives.
	if file != null:
		file.store_var({"waiting": _waiting, "accepted": _accepted})
		file.close()
		DirAccess.rename_absolute(fresh, _path())
	waiting_changed.emit(_waiting.size())
