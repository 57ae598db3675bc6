extends RankoraTestSuite
## Submissions that wait, with a server that answers as it is told.

const ADA := "67e55044-10b1-426f-9247-bb680e5fe0c8"
const BOB := "0b5fd1c4-3a0e-4cb8-9f0c-6a2d8a5b7e11"
const CYD := "3e8a2f6b-91d7-4c05-8b4e-d2c7a1f09b33"
const Answers := preload("res://tests/support/answers.gd")

var _unreachable := Answers.unreachable()
var _accepted: Array = []
var _refused: Array = []


func test_what_can_be_sent_is_sent_at_once() -> void:
	var queue := _queue("at-once", [_accepting])
	same((await queue.submit("Ada", 5)).rank, 1)
	same(queue.waiting(), [] as Array[Dictionary])
	same(_sent(queue)[0]["player_id"], RankoraPlayer.local_id())


func test_what_can_not_be_sent_waits_and_is_sent_in_order_by_the_next_game_each_under_its_own_key() -> void:
	var first := _queue("waits", [_unreachable])
	for player: Array in [["Ada", 0.1 + 0.2, ADA], ["Bob", 2, BOB]]:
		var submitted := await first.submit(player[0], player[1], RankoraRules.KEEP_METADATA, player[2])
		same([submitted.waits, submitted.error, submitted.player_id], [true, null, player[2]])
	var keys := _keys(first)
	first.queue_free()
	await get_tree().process_frame

	var second := _queue("waits", [_accepting])
	await second.flush()
	same(_accepted, [["Ada", 0.1 + 0.2], ["Bob", 2.0]])
	same(_keys(second)[0], keys[0])
	holds(_keys(second)[1] != keys[0], "one key for two submissions")
	same(second.waiting_count(), 0)


func test_of_a_player_the_latest_waits_with_the_metadata_that_would_be_kept() -> void:
	var queue := _queue("latest", [_unreachable])
	await queue.submit("Ada", 9, {"level": 1}, ADA)
	await queue.submit("Bob", 5, RankoraRules.KEEP_METADATA, BOB)
	await queue.submit("Ada L", 7, RankoraRules.KEEP_METADATA, ADA.to_upper())
	same(
		Array(queue.waiting()),
		[
			{"name": "Bob", "score": 5, "player_id": BOB},
			{"name": "Ada L", "score": 7, "player_id": ADA, "metadata": {"level": 1}},
		]
	)


func test_of_a_player_the_best_waits_in_either_order_with_the_newest_name() -> void:
	for is_ascending: bool in [false, true]:
		var queue := _queue("best-%s" % is_ascending, [_unreachable], RankoraQueue.Keep.BEST)
		queue.is_ascending = is_ascending
		await queue.submit("Ada", 8, {"run": 1}, ADA)
		await queue.submit("Ada B", 9, {"run": 2}, ADA)
		await queue.submit("Ada C", 7, {"run": 3}, ADA)
		var best := 7 if is_ascending else 9
		var run := 3 if is_ascending else 2
		same(Array(queue.waiting()), [{"name": "Ada C", "score": best, "player_id": ADA, "metadata": {"run": run}}])
		# Each is another text, which under an old key would be refused.
		var keys := {}
		for key: String in _keys(queue):
			keys[key] = true
		same(keys.size(), 3)


func test_where_scores_are_added_up_all_wait() -> void:
	var queue := _queue("all", [_unreachable], RankoraQueue.Keep.ALL)
	for score in [1, 2, 3]:
		await queue.submit("Ada", score)
	same(queue.waiting().map(func(one: Dictionary) -> int: return one["score"]), [1, 2, 3])


func test_no_more_wait_than_there_is_room_for_and_the_oldest_are_told_of() -> void:
	var queue := _queue("room", [_unreachable])
	queue.limit = 2
	for player: Array in [["Ada", ADA], ["Bob", BOB], ["Cyd", CYD]]:
		await queue.submit(player[0], 1, RankoraRules.KEEP_METADATA, player[1])
	same(queue.waiting().map(func(one: Dictionary) -> String: return one["name"]), ["Bob", "Cyd"])
	same(_refused, [["queue_full", "Ada"]])


func test_what_the_server_refuses_is_told_and_does_not_hold_up_the_others() -> void:
	var answers := [_unreachable, _unreachable, _unreachable, Answers.refusal(400, "plan_limit"), _accepting]
	var queue := _queue("refused", answers)
	await queue.submit("Ada", 1, RankoraRules.KEEP_METADATA, ADA)
	await queue.submit("Bob", 1, RankoraRules.KEEP_METADATA, BOB)
	while queue.waiting_count() > 0:
		await queue.flush()
	same([_refused, _accepted], [[["plan_limit", "Ada"]], [["Bob", 1.0]]])
	var alone := _queue("alone", [Answers.refusal(400, "plan_limit")])
	same((await alone.submit("Ada", 1)).error.code, "plan_limit")
	same((await alone.submit("a.b", 1)).error.code, "invalid_name")
	same(alone.waiting_count(), 0)


func test_a_key_that_is_refused_is_told_and_nothing_is_lost() -> void:
	var queue := _queue("key", [Answers.refusal(401, "unauthorized"), _accepting])
	var submitted := await queue.submit("Ada", 1)
	same([submitted.error.code, submitted.waits, queue.waiting_count()], ["unauthorized", true, 1])
	same(await queue.flush(), null)
	same(queue.waiting_count(), 0)


func test_what_waits_is_sent_by_itself_after_the_time_that_the_server_says() -> void:
	var queue := _queue("by-itself", [Answers.refusal(429, "rate_limited", {"retry-after": "1"}), _accepting])
	holds((await queue.submit("Ada", 1)).waits, "it didn't wait")
	await queue.accepted
	var asked: Array = _http(queue).asked
	holds(asked[1]["at"] - asked[0]["at"] >= 1000, "it came back too early")


func test_submissions_at_the_same_time_all_get_their_own_answers() -> void:
	var queue := _queue("at-the-same-time", [_accepting], RankoraQueue.Keep.ALL)
	var scores := []
	for score in [1, 2, 3, 4]:
		var asking := func() -> void: scores.append([score, (await queue.submit("Ada", score)).score])
		asking.call()
	await eventually("all are answered", func() -> bool: return scores.size() == 4)
	scores.sort()
	same(scores, [[1, 1.0], [2, 2.0], [3, 3.0], [4, 4.0]])


func test_a_file_that_is_broken_keeps_nothing_from_being_sent() -> void:
	for index in 3:
		var name_of_it := "broken-%d" % index
		var file := FileAccess.open("user://rankora/%s.queue" % name_of_it, FileAccess.WRITE)
		match index:
			0:
				file.store_string("")
			1:
				file.store_var({"waiting": 1})
			2:
				file.store_var([1])
		file.close()
		var queue := _queue(name_of_it, [_accepting])
		same((await queue.submit("Ada", 1)).rank, 1)


func test_an_entry_that_the_leaderboard_has_lost_is_submitted_anew() -> void:
	var entry := Answers.answer(200, {"player_id": ADA, "score": 15, "rank": 1})
	var first := Answers.answer(200, {"success": true, "score": 15, "rank": 1})
	var queue := _queue("lost", [first, Answers.refusal(404, "not_found"), _accepting, entry])
	await queue.submit("Ada", 10, {"level": 2}, ADA)
	same((await queue.get_entry(ADA)).rank, 1)
	var again: Dictionary = _http(queue).asked[2]
	# The score that the leaderboard had made of it, under a key that has no answer yet.
	same(JSON.parse_string(again["body"]), {"name": "Ada", "score": 15.0, "player_id": ADA, "metadata": {"level": 2.0}})
	holds(again["headers"]["idempotency-key"] != _http(queue).asked[0]["headers"]["idempotency-key"], "the old key")
	var stranger := _queue("stranger", [Answers.refusal(404, "not_found")])
	same((await stranger.get_entry(BOB)).error.code, "not_found")


func test_a_lost_entry_is_made_by_what_waits_where_something_does() -> void:
	var entry := Answers.answer(200, {"player_id": ADA, "score": 20, "rank": 1})
	var queue := _queue("lost-waits", [_accepting, _unreachable, Answers.refusal(404, "not_found"), _accepting, entry])
	await queue.submit("Ada", 10, RankoraRules.KEEP_METADATA, ADA)
	holds((await queue.submit("Ada", 20, RankoraRules.KEEP_METADATA, ADA)).waits, "it didn't wait")
	same((await queue.get_entry(ADA)).score, 20.0)
	same(JSON.parse_string(_http(queue).asked[3]["body"])["score"], 20.0)


func test_a_queue_can_stand_below_its_client_in_a_scene() -> void:
	var client := RankoraClient.new()
	client.http = Answers.new([_accepting])
	var queue := RankoraQueue.new()
	queue.queue_name = "below"
	client.add_child(queue)
	add_child(client)
	same((await queue.submit("Ada", 5)).rank, 1)


func test_a_player_keeps_one_id_and_can_have_another() -> void:
	var id := RankoraPlayer.local_id()
	same(FileAccess.get_file_as_string(RankoraPlayer.FILE), id)
	holds(RankoraPlayer.set_local_id(ADA.to_upper()), "it was refused")
	same(RankoraPlayer.local_id(), ADA)
	holds(not RankoraPlayer.set_local_id("ada"), "it was taken")
	RankoraPlayer.set_local_id(id)


func _queue(name_of_it: String, answers: Array, keep := RankoraQueue.Keep.LATEST) -> RankoraQueue:
	var queue := RankoraQueue.new(client_answered(answers))
	queue.queue_name = name_of_it
	queue.keep = keep
	queue.accepted.connect(
		func(submitted: RankoraSubmitted, one: Dictionary) -> void: _accepted.append([one["name"], submitted.score])
	)
	queue.refused.connect(
		func(error: RankoraError, one: Dictionary) -> void: _refused.append([error.code, one["name"]])
	)
	add_child(queue)
	return queue


## An answer like the server's, to whatever was submitted.
func _accepting(body: String) -> RankoraReply:
	var said: Dictionary = JSON.parse_string(body)
	return Answers.answer(
		200, RankoraJson.write({"success": true, "player_id": said["player_id"], "score": said["score"], "rank": 1})
	)


func _http(queue: RankoraQueue) -> RankoraTestAnswers:
	return queue._client.http


func _sent(queue: RankoraQueue) -> Array:
	return _http(queue).asked.map(func(one: Dictionary) -> Dictionary: return JSON.parse_string(one["body"]))


func _keys(queue: RankoraQueue) -> Array:
	return _http(queue).asked.map(func(one: Dictionary) -> String: return one["headers"]["idempotency-key"])
