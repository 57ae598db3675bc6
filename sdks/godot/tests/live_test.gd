extends RankoraTestSuite
## Pages that stay right by themselves, against a real server: when it is killed, when networks break, and when the key
## has limits.

const UUIDS: Array[String] = [
	"67e55044-10b1-426f-9247-bb680e5fe0c8",
	"0b5fd1c4-3a0e-4cb8-9f0c-6a2d8a5b7e11",
	"3e8a2f6b-91d7-4c05-8b4e-d2c7a1f09b33"
]
## limit, offset, order.
const PAGES: Array = [[5, 0, ""], [3, 2, ""], [50, 0, ""], [5, 0, "asc"], [4, 3, "asc"], [5, 0, "desc"]]


func test_whatever_happens_a_live_page_shows_what_the_list_shows() -> void:
	var board := await wish("board")
	var writer := client_of(board)
	var reader := client_of(board, "publishable")
	var players := range(12).map(func(_index: int) -> String: return RankoraWire.uuid())
	var followers: Array[RankoraLive] = []
	for page: Array in PAGES:
		followers.append(_follow(reader, page[0], page[1], page[2]))
	for live in followers:
		await _is(live, RankoraLive.State.LIVE)
		live.changed.connect(_check_order.bind(live))
	for round_of_it in 8:
		for change in 8:
			var player: String = players.pick_random()
			if randf() < 0.25:
				await writer.remove_entry(player)
			else:
				# Few scores and names, so that many are equal.
				await writer.submit("Player %d" % (randi() % 3), randi() % 6, RankoraRules.KEEP_METADATA, player)
		for live in followers:
			await _shows_the_list(reader, live)


func test_a_leaderboard_that_is_turned_around_shows_in_both_orders() -> void:
	var board := await wish("board")
	var writer := client_of(board)
	for score in 8:
		await writer.submit("Player %d" % score, score)
	var own := _follow(writer, 5)
	var ascending := _follow(writer, 5, 0, "asc")
	await _is(own, RankoraLive.State.LIVE)
	await _is(ascending, RankoraLive.State.LIVE)
	await _manage(board, "PATCH", "", {"sort_order": "asc"})
	await eventually("it is turned around", func() -> bool: return (await writer.get_leaderboard()).sort_order == "asc")
	await writer.submit("In between", 2.5)
	await _shows_the_list(writer, own)
	await _shows_the_list(writer, ascending)


func test_a_followed_players_entry_is_right_on_the_page_or_not() -> void:
	var board := await wish("board")
	var writer := client_of(board)
	var live := _follow(writer, 1, 0, "", UUIDS[0])
	await _is(live, RankoraLive.State.LIVE)
	same(live.player, null)
	await writer.submit("Ada", 10, RankoraRules.KEEP_METADATA, UUIDS[0])
	await _player_is(live, 1, 10.0)
	await writer.submit("Bob", 20)
	await _player_is(live, 2, 10.0)
	await writer.submit("Ada", 30, RankoraRules.KEEP_METADATA, UUIDS[0])
	await _player_is(live, 1, 30.0)
	await _shows_the_list(writer, live)


func test_a_stream_that_broke_goes_on_where_it_was_and_tells_one_by_one_what_it_missed() -> void:
	var board := await wish("board")
	var writer := client_of(board)
	var live := _follow(client_of(board, "publishable", "network_url"), 50)
	# The server remembers what happened for as long as somebody listens.
	await _is(_follow(writer, 50), RankoraLive.State.LIVE)
	await _is(live, RankoraLive.State.LIVE)
	var told := []
	live.changed.connect(func() -> void: told.append(live.entries[0].score if live.entries else null))
	var submit := func(score: int) -> void: await writer.submit("Ada", score, RankoraRules.KEEP_METADATA, UUIDS[0])
	# To a leaderboard that is younger than ten seconds, a fresh page comes instead.
	var goes_on := func() -> bool:
		await submit.call(0)
		await _shows_the_list(writer, live)
		await wish("break_network")
		await _is(live, RankoraLive.State.RECONNECTING)
		same(live.entries[0].name, "Ada", "what is known is shown on")
		for score in [1, 2, 3]:
			await submit.call(score)
		await _shows_the_list(writer, live)
		var changes := []
		for score: Variant in told:
			if changes.is_empty() or changes.back() != score:
				changes.append(score)
		return changes.slice(-4) == [0.0, 1.0, 2.0, 3.0]
	await eventually("what was missed is told one by one", goes_on)


func test_all_goes_over_https_and_only_to_a_server_that_proves_its_name() -> void:
	var board := await wish("board")
	var writer := client_of(board, "secret", "secure_url")
	var live := _follow(writer, 10)
	await _is(live, RankoraLive.State.LIVE)
	for score in 5:
		same((await writer.submit("Ada", score)).error, null)
	await _shows_the_list(writer, live)
	var misled := client_of(board, "publishable", "wrong_name_url")
	misled.retries = 0
	same((await misled.get_leaderboard()).error.code, "network")
	var other := _follow(misled, 10)
	await _is(other, RankoraLive.State.RECONNECTING)
	same(other.error.code, "network")


func test_a_server_that_is_killed_and_comes_back_leaves_nothing_wrong() -> void:
	var board := await wish("board")
	var writer := client_of(board)
	await writer.submit("Ada", 1)
	var live := _follow(client_of(board, "publishable"), 10)
	await _is(live, RankoraLive.State.LIVE)
	await wish("kill")
	await _is(live, RankoraLive.State.RECONNECTING)
	await wish("restart")
	await writer.submit("Bob", 2)
	await _is(live, RankoraLive.State.LIVE)
	await writer.submit("Cyd", 3)
	await _shows_the_list(writer, live)


func test_a_plan_without_streams_is_polled_the_player_from_outside_the_page_as_well() -> void:
	var board := await wish("board", {"plan": "no-streams"})
	var writer := client_of(board)
	for score in [5, 6]:
		await writer.submit("Ahead", score)
	await writer.submit("Ada", 1, RankoraRules.KEEP_METADATA, UUIDS[0])
	var live := _follow(client_of(board, "publishable"), 1, 0, "", UUIDS[0])
	live.poll_every = 0.05
	await _is(live, RankoraLive.State.POLLING)
	await _player_is(live, 3, 1.0)
	await writer.submit("Late", 9, RankoraRules.KEEP_METADATA, UUIDS[1])
	await _shows_the_list(writer, live)
	await _player_is(live, 4, 1.0)
	var mirrored := _follow(client_of(board, "publishable"), 1, 0, "asc", UUIDS[1])
	await _is(mirrored, RankoraLive.State.POLLING)
	await _player_is(mirrored, 4, 9.0)


func test_a_stream_that_is_not_to_be_had_says_why() -> void:
	for case: Array in [
		["no-streams", "publishable", "plan_restriction", 400], ["everything", "none", "unauthorized", 401]
	]:
		var client := client_of(await wish("board", {"plan": case[0]}), case[1])
		var stream := RankoraStream.new(client.url_of(RankoraWire.REALTIME), client.headers_of())
		var is_over := func() -> bool:
			stream.poll()
			return stream.is_over
		await eventually("it is over", is_over)
		same([stream.error.code, stream.error.status, stream.is_open], [case[2], case[3], false])
		holds(not stream.error.request_id.is_empty(), "no request id")


func test_a_key_that_is_revoked_ends_it_and_says_so() -> void:
	var board := await wish("board")
	var live := _follow(client_of(board, "publishable"), 10)
	await _is(live, RankoraLive.State.LIVE)
	await _manage(board, "DELETE", "/keys/" + board["publishable_id"])
	await _is(live, RankoraLive.State.STOPPED)
	same(live.error.code, "unauthorized")


func test_who_leaves_the_tree_asks_no_more_and_who_comes_back_goes_on() -> void:
	var board := await wish("board")
	var writer := client_of(board)
	var live := _follow(writer, 10)
	await _is(live, RankoraLive.State.LIVE)
	var stream := live._stream
	remove_child(live)
	holds(stream.is_over, "its stream goes on")
	await writer.submit("Ada", 1)
	same(live.total, 0)
	add_child(live)
	await _shows_the_list(writer, live)


func test_who_is_too_fast_waits_as_long_as_the_server_says() -> void:
	var board := await wish("board", {"plan": "slow"})
	var client := client_of(board, "publishable")
	await client.get_leaderboard()
	var began := Time.get_ticks_msec()
	holds((await client.get_leaderboard()).is_ok(), "it was refused")
	holds(Time.get_ticks_msec() - began >= 1000, "it came back too early")


func test_what_waits_counts_once_though_the_server_was_killed_meanwhile() -> void:
	var board := await wish("board", {"policy": "sum"})
	var client := client_of(board)
	var queue := RankoraQueue.new(client)
	queue.queue_name = board["id"]
	queue.keep = RankoraQueue.Keep.ALL
	add_child(queue)
	var id := (await queue.submit("Ada", 3)).player_id
	await wish("kill")
	for score in [10, 20]:
		holds((await queue.submit("Ada", score)).waits, "it didn't wait")
	await wish("restart")
	await queue.flush()
	await eventually("all is sent", func() -> bool: return queue.waiting_count() == 0)
	same((await client.get_entry(id)).score, 33.0)


func test_an_entry_that_a_reset_took_away_comes_back() -> void:
	var board := await wish("board", {"policy": "best"})
	var queue := RankoraQueue.new(client_of(board))
	queue.queue_name = board["id"]
	queue.keep = RankoraQueue.Keep.BEST
	add_child(queue)
	await queue.submit("Ada", 10, {"level": 3})
	await queue.submit("Ada", 5)
	await _manage(board, "POST", "/reset", {})
	var entry := await queue.get_entry()
	same([entry.error, entry.score, entry.rank, entry.metadata], [null, 10.0, 1, {"level": 3.0}])
	await queue.remove_entry()
	same((await queue.get_entry()).error.code, "not_found")


func _follow(client: RankoraClient, limit: int, offset := 0, order := "", player_id := "") -> RankoraLive:
	var live := RankoraLive.new(client)
	live.limit = limit
	live.offset = offset
	live.order = order
	live.player_id = player_id
	add_child(live)
	return live


func _is(live: RankoraLive, state: RankoraLive.State) -> void:
	await eventually("state %d" % state, func() -> bool: return live.state == state)


func _player_is(live: RankoraLive, rank: int, score: float) -> void:
	await eventually(
		"rank %d with %s" % [rank, score],
		func() -> bool: return live.player != null and live.player.rank == rank and live.player.score == score
	)
	holds(live.player != null and live.player.is_current_player, "the player is not marked")


func _shows_the_list(reader: RankoraClient, live: RankoraLive) -> void:
	var page := await reader.get_entries(live.limit, live.offset, live.order)
	var expected := page.entries.map(_text_of)
	var is_right := func() -> bool: return live.total == page.total and live.entries.map(_text_of) == expected
	if not await eventually("the page %d, %d, %s" % [live.limit, live.offset, live.order], is_right):
		same(live.entries.map(_text_of), expected)


func _text_of(entry: RankoraEntry) -> String:
	return "%s %d %s %s %s %s" % [entry.id, entry.rank, entry.name, entry.score, entry.metadata, entry.updated_at]


func _check_order(live: RankoraLive) -> void:
	for index in range(1, live.entries.size()):
		holds(live.entries[index].rank > live.entries[index - 1].rank, "ranks are out of order")


func _manage(board: Dictionary, method: String, path: String, body: Variant = null) -> void:
	var about := {"plan": "everything", "method": method, "path": "/leaderboards/%s%s" % [board["id"], path]}
	about["body"] = body
	await wish("manage", about)
