class_name RankoraClient
extends Node
## One leaderboard, as its key lets it be seen. Its requests are coroutines: [code]await[/code] them. None of them
## throws: what failed has an [member RankoraResult.error].

## Seconds before the second attempt.
const FIRST_PAUSE := 0.3

## Where the server is, such as [code]https://scores.example.org[/code].
@export var base_url := ""
## The key, which picks the leaderboard. Empty where a server of yours adds it.
@export var key := ""
## Seconds for one attempt.
@export var timeout := 10.0
## Attempts after the first one, where repeating does no harm.
@export var retries := 2

## What sends requests. Tests put another one in its place.
var http: RankoraHttp


# A queue below this is ready before this is.
func _enter_tree() -> void:
	# Scores are sent in a paused game, too.
	process_mode = PROCESS_MODE_ALWAYS
	if http == null:
		http = RankoraHttp.new()
	if http.get_parent() == null:
		add_child(http)
	RankoraKeys.warn(key)


## What the leaderboard is.
func get_leaderboard() -> RankoraBoard:
	var answer: Variant = await ask(HTTPClient.METHOD_GET, RankoraWire.LEADERBOARD)
	if answer is RankoraError:
		return RankoraBoard.new().failed(answer)
	return RankoraBoard.of_wire(answer)


## A page: [param limit] entries (1 to 50) after the first [param offset], in [param order] ([code]asc[/code],
## [code]desc[/code], or empty for the leaderboard's own). The entry of [param player_id] is marked.
func get_entries(limit := 10, offset := 0, order := "", player_id := "") -> RankoraPage:
	return await read_page(limit, offset, order, player_id, retries)


## A page, with as many attempts after the first one as are asked for.
func read_page(limit: int, offset: int, order: String, player_id: String, attempts_after: int) -> RankoraPage:
	var path := RankoraWire.page_path(RankoraWire.ENTRIES, limit, offset, order, player_id)
	var answer: Variant = await ask(HTTPClient.METHOD_GET, path, [], "", attempts_after)
	if answer is RankoraError:
		return RankoraPage.new().failed(answer)
	return RankoraPage.of_wire(answer)


## Page after page; see [RankoraPages].
func pages(limit := 50, order := "", player_id := "") -> RankoraPages:
	return RankoraPages.new(self, limit, order, player_id)


## One player's entry.
func get_entry(player_id: String) -> RankoraEntry:
	var id: Variant = RankoraRules.check_player_id(player_id)
	if id is RankoraError:
		return RankoraEntry.new().failed(id)
	var answer: Variant = await ask(HTTPClient.METHOD_GET, "%s/%s" % [RankoraWire.ENTRIES, id])
	if answer is RankoraError:
		return RankoraEntry.new().failed(answer)
	return RankoraEntry.of_wire(answer)


## Submits a score. [param metadata]: a small dictionary; left out, the entry keeps what it has; null clears. Without a
## [param player_id] the server makes one. It counts once for each [param idempotency_key], which is made where none is
## given.
func submit(
	player_name: Variant,
	score: Variant,
	metadata: Variant = RankoraRules.KEEP_METADATA,
	player_id := "",
	idempotency_key := ""
) -> RankoraSubmitted:
	var checked: Variant = RankoraRules.check_submission(player_name, score, metadata, player_id)
	if checked is RankoraError:
		return RankoraSubmitted.new().failed(checked)
	return await submit_checked(checked, idempotency_key, retries)


## Submits what [method RankoraRules.check_submission] let pass.
func submit_checked(submission: Dictionary, idempotency_key: String, attempts_after: int) -> RankoraSubmitted:
	var key_of_it := RankoraWire.uuid() if idempotency_key.is_empty() else idempotency_key
	var headers: PackedStringArray = ["Content-Type: application/json", "Idempotency-Key: " + key_of_it]
	var body := RankoraWire.submission_body(submission)
	var answer: Variant = await ask(HTTPClient.METHOD_POST, RankoraWire.ENTRIES, headers, body, attempts_after)
	if answer is RankoraError:
		return RankoraSubmitted.new().failed(answer)
	return RankoraSubmitted.of_wire(answer)


## Removes a player's entry.
func remove_entry(player_id: String) -> RankoraResult:
	var id: Variant = RankoraRules.check_player_id(player_id)
	if id is RankoraError:
		return RankoraResult.new().failed(id)
	var answer: Variant = await ask(HTTPClient.METHOD_DELETE, "%s/%s" % [RankoraWire.ENTRIES, id])
	return RankoraResult.new().failed(answer if answer is RankoraError else null)


## What the account has used of its plan. Needs a secret or management key.
func get_usage() -> RankoraUsage:
	var answer: Variant = await ask(HTTPClient.METHOD_GET, RankoraWire.USAGE)
	if answer is RankoraError:
		return RankoraUsage.new().failed(answer)
	return RankoraUsage.of_wire(answer)


## Any other route: what it answers, as a dictionary, or a [RankoraError]. Asks until there is an answer or no more hope
## of one.
func ask(method: int, path: String, headers := PackedStringArray(), body := "", attempts_after := retries) -> Variant:
	var failures := 0
	while true:
		var reply := await http.send(method, url_of(path), headers_of(headers), body, timeout)
		var said: Variant = RankoraJson.read(reply.body)
		var error := reply.error(said)
		if error == null:
			return said
		failures += 1
		if failures > attempts_after or not RankoraRetry.may_repeat(error, method):
			return error
		await sleep(RankoraRetry.pause(failures, FIRST_PAUSE, error.retry_after))
	return null


func url_of(path: String) -> String:
	return "%s/api/v1%s" % [base_url.rstrip("/"), path]


## Headers with the key's.
func headers_of(others := PackedStringArray()) -> PackedStringArray:
	var headers := others.duplicate()
	if not key.is_empty():
		headers.append("Authorization: Bearer " + key)
	return headers


## Waits so many seconds, in a paused or slowed game as well.
func sleep(seconds: float) -> void:
	await get_tree().create_timer(seconds, true, false, true).timeout
