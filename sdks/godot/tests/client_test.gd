extends RankoraTestSuite
## What the client asks, how often, and what it makes of answers, from a server that answers as it is told.

const PLAYER := "67e55044-10b1-426f-9247-bb680e5fe0c8"
const Answers := preload("res://tests/support/answers.gd")

var _leaderboard := Answers.answer(200, {"sort_order": "asc", "total_entries": 3})
var _submitted := Answers.answer(200, {"success": true, "player_id": PLAYER, "rank": 1, "score": 1})
var _unreachable := Answers.unreachable()


func test_a_read_is_repeated_until_it_is_answered() -> void:
	var client := client_answered([_unreachable, Answers.refusal(503, "unavailable"), _leaderboard])
	same((await client.get_leaderboard()).sort_order, "asc")
	var asked: Array = client.http.asked
	same(asked.size(), 3)
	same(asked[0]["url"], "https://scores.example.org/api/v1/leaderboard")
	same(asked[0]["headers"].get("authorization"), "Bearer rk_pub_x")


func test_who_keeps_failing_is_given_up_after_as_many_retries_as_were_asked_for() -> void:
	var client := client_answered([_unreachable])
	client.retries = 1
	var board := await client.get_leaderboard()
	same([board.error.code, board.error.status], ["network", 0])
	same(client.http.asked.size(), 2)


func test_a_submission_is_repeated_under_one_key_and_another_one_has_another() -> void:
	var client := client_answered([_unreachable, _submitted])
	for time in 2:
		await client.submit("Ada", 1)
	var keys: Array = client.http.asked.map(_key_of)
	same(keys.size(), 3)
	same(keys[0], keys[1])
	holds(keys[1] != keys[2] and keys[0].length() == 36, keys)


func test_a_removal_is_repeated_only_where_it_was_turned_away() -> void:
	var lost := client_answered([Answers.refusal(503, "unavailable"), Answers.answer(200, {"success": true})])
	same((await lost.remove_entry(PLAYER)).error.code, "unavailable")
	same(lost.http.asked.size(), 1)
	var refused := client_answered([Answers.refusal(429, "rate_limited"), Answers.answer(200, {"success": true})])
	holds((await refused.remove_entry(PLAYER)).is_ok(), "it was not repeated")


func test_retry_after_is_waited_for_and_told_where_it_is_long() -> void:
	var short := client_answered([Answers.refusal(429, "rate_limited", {"retry-after": "1"}), _leaderboard])
	await short.get_leaderboard()
	holds(short.http.asked[1]["at"] - short.http.asked[0]["at"] >= 1000, "it came back too early")
	var headers := {"retry-after": "86400", "x-request-id": "r1"}
	var long := client_answered([Answers.refusal(429, "quota_exceeded", headers)])
	var error := (await long.get_leaderboard()).error
	same([error.code, error.retry_after, error.request_id], ["quota_exceeded", 86400.0, "r1"])
	same(long.http.asked.size(), 1)


func test_what_is_not_the_servers_is_no_answer() -> void:
	for answer: RankoraReply in [
		Answers.answer(200, "<html>Sign in to the Wi-Fi</html>"),
		Answers.answer(418, {"error": {"message": "of another kind"}}),
		Answers.answer(302, "", {"location": "https://elsewhere.example.org"}),
	]:
		same((await client_answered([answer]).get_leaderboard()).error.code, "unexpected_answer")
	var repeated := client_answered([Answers.answer(502, "Bad gateway"), _leaderboard])
	holds((await repeated.get_leaderboard()).is_ok(), "it was not repeated")


func test_an_answer_that_does_not_come_is_given_up() -> void:
	var silent := TCPServer.new()
	silent.listen(0, "127.0.0.1")
	var client := RankoraClient.new()
	client.base_url = "http://127.0.0.1:%d" % silent.get_local_port()
	client.timeout = 0.1
	client.retries = 0
	add_child(client)
	same((await client.get_leaderboard()).error.code, "timeout")
	silent.stop()
	same((await client.get_leaderboard()).error.code, "network")
	client.base_url = "no address"
	same((await client.get_leaderboard()).error.code, "network")


func test_a_redirection_does_not_get_the_key() -> void:
	var elsewhere := TCPServer.new()
	elsewhere.listen(0, "127.0.0.1")
	var server := TCPServer.new()
	server.listen(0, "127.0.0.1")
	var client := RankoraClient.new()
	client.base_url = "http://127.0.0.1:%d" % server.get_local_port()
	client.key = "rk_pub_x"
	client.retries = 0
	add_child(client)
	var answers: Array = []
	var ask := func() -> void: answers.append(await client.get_leaderboard())
	ask.call()
	await eventually("it is asked", server.is_connection_available)
	var connection := server.take_connection()
	var head := "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d/\r\nContent-Length: 0\r\n\r\n"
	connection.put_data((head % elsewhere.get_local_port()).to_utf8_buffer())
	await eventually("it is answered", func() -> bool: return answers.size() == 1)
	same([answers[0].error.code, answers[0].error.status], ["unexpected_answer", 302])
	holds(not elsewhere.is_connection_available(), "it went elsewhere")


func test_a_game_that_is_paused_or_slowed_still_gets_its_answers() -> void:
	var board := await wish("board")
	var client := client_of(board)
	var failing := client_answered([_unreachable, _leaderboard])
	get_tree().paused = true
	Engine.time_scale = 0.01
	var submitted := await client.submit("Ada", 5)
	holds((await failing.get_leaderboard()).is_ok(), "it was not repeated")
	var live := RankoraLive.new(client)
	add_child(live)
	await eventually("it is live", func() -> bool: return live.state == RankoraLive.State.LIVE)
	get_tree().paused = false
	Engine.time_scale = 1.0
	same([submitted.error, submitted.rank, live.total], [null, 1, 1])


func test_nothing_is_sent_that_the_rules_refuse() -> void:
	var client := client_answered([_submitted])
	same((await client.submit("a.b", 1)).error.code, "invalid_name")
	same((await client.submit("Ada", NAN)).error.code, "invalid_score")
	same((await client.submit("Ada", 1, [])).error.code, "invalid_metadata")
	same((await client.submit("Ada", 1, {}, "ada")).error.code, "invalid_player_id")
	same((await client.get_entry("../usage")).error.code, "invalid_player_id")
	same((await client.remove_entry("")).error.code, "invalid_player_id")
	same(client.http.asked.size(), 0)


func test_metadata_is_kept_cleared_or_sent() -> void:
	var client := client_answered([_submitted])
	await client.submit("Ada", 1)
	await client.submit("Ada", 1, null)
	await client.submit("Ada", 1, {"level": 3})
	same(
		client.http.asked.map(func(one: Dictionary) -> String: return one["body"]),
		[
			'{"name":"Ada","score":1}',
			'{"name":"Ada","score":1,"metadata":null}',
			'{"name":"Ada","score":1,"metadata":{"level":3}}',
		]
	)


func test_all_entries_are_told_once_though_rows_move_between_two_pages() -> void:
	var client := client_answered([_page(["a", "b"], 0), _page(["b", "c"], 2), _page(["d"], 4)])
	var pages := client.pages(2)
	var told := []
	while await pages.next():
		for entry in pages.entries:
			told.append(entry.id)
	same(told, ["a", "b", "c", "d"])
	same([pages.error, pages.total], [null, 5])
	same(
		client.http.asked.map(func(one: Dictionary) -> String: return one["url"].get_slice("?", 1)),
		["limit=2&offset=0", "limit=2&offset=2", "limit=2&offset=4"]
	)
	var broken := client_answered([_page(["a", "b"], 0), Answers.refusal(401, "unauthorized")]).pages(2)
	while await broken.next():
		pass
	same(broken.error.code, "unauthorized")


func _page(ids: Array, offset: int) -> RankoraReply:
	var rows := ids.map(func(id: String) -> Dictionary: return {"id": id})
	return Answers.answer(200, {"entries": rows, "pagination": {"limit": 2, "offset": offset, "total": 5}})


func _key_of(asked: Dictionary) -> String:
	return asked["headers"]["idempotency-key"]
