extends RankoraTestSuite
## What is pure: numbers, texts, streams, pages, pauses.


func test_any_float_is_written_so_that_it_is_read_again() -> void:
	var numbers: Array[float] = [0.1, 0.3, 83.25, 12.020123, 1e-6, 0.1 + 0.2, 1e23, 5e-324, 1.7976931348623157e308]
	for power in range(-1074, 1024, 7):
		numbers.append_array([pow(2.0, power), pow(2.0, power) * 1.5, -pow(2.0, power) * 1.1])
	for round_of_it in 2000:
		numbers.append(_float_of(randi() << 32 | randi()))
		numbers.append(snappedf(randf() * 1000.0, 0.001))
	numbers.assign(numbers.filter(is_finite))
	var texts := numbers.map(RankoraNumber.to_json)
	var read: Dictionary = await wish("bits", {"numbers": texts})
	for index in numbers.size():
		var own := numbers[index] if numbers[index] != 0.0 else 0.0
		if read["bits"][index] != _bits_of(own):
			same(texts[index], var_to_str(numbers[index]), "bits %s" % _bits_of(own))


func test_numbers_are_short_and_large_ones_have_an_exponent() -> void:
	for pair: Array in [
		[9500, "9500"],
		[9500.0, "9500"],
		[-0.0, "0"],
		[0.25, "0.25"],
		[0.1, "0.1"],
		[12.02, "12.02"],
		[83.257, "83.257"],
		[0.1 + 0.2, "0.30000000000000004"],
		[0.00025, "0.00025"],
		[-1e-9, "-1e-9"],
		# The engine reads the float's literal wrong.
		[float(9007199254740991), "9007199254740991"],
		[9007199254740992.0, "9.007199254740992e15"],
		[-1152921504606847000.0, "-1.152921504606847e18"],
		[1e300, "1e300"],
	]:
		same(RankoraNumber.to_json(pair[0]), pair[1], pair[0])


func test_a_body_is_json() -> void:
	var body := {"name": 'A"\\\n\u0001', "list": [1, 2.5, true, null], "é": {}}
	var text := RankoraJson.write(body)
	same(text, '{"name":"A\\"\\\\\\u000a\\u0001","list":[1,2.5,true,null],"é":{}}')
	same(RankoraJson.read("{not JSON"), null)
	same(RankoraWire.submission_body({"name": "Ada", "score": 1 << 60}), '{"name":"Ada","score":1.152921504606847e18}')


func test_a_stream_means_the_same_in_whatever_pieces_it_comes() -> void:
	var source := "retry: 2500\r\ndata: one é😀\r\n\r\n: comment\r\n\r\nid: 7-1\r\ndata: {\r\ndata:1}\r\n\r\n"
	source += "id\r\ndata: x\r\n\r\n"
	var expected := [{"data": "one é😀", "id": ""}, {"data": "{\n1}", "id": "7-1"}, {"data": "x", "id": ""}]
	for end in ["\r\n", "\n", "\r"]:
		var bytes := (source.replace("\r\n", end) + ":").to_utf8_buffer()
		for cut in bytes.size():
			var parser := RankoraSse.new()
			var events := parser.feed(bytes.slice(0, cut)) + parser.feed(bytes.slice(cut))
			same(Array(events), expected, "cut at %d" % cut)
			same(parser.retry, 2500)


func test_what_is_no_message_is_left_out() -> void:
	same(_events("id: 1\n\nevent: x\nfoo: bar\n\nretry: soon\ndata: y\n\n"), [{"data": "y", "id": "1"}])
	same(_events("data: unfinished"), [])
	same(_events("data\ndata\n\n"), [{"data": "\n", "id": ""}])
	var parser := RankoraSse.new()
	parser.feed("id: a".to_utf8_buffer())
	parser.feed(PackedByteArray([0]))
	same(Array(parser.feed("b\ndata: y\n\n".to_utf8_buffer())), [{"data": "y", "id": ""}])


func test_a_change_that_contradicts_the_page_asks_for_a_fresh_one() -> void:
	var fold := RankoraFold.new(3)
	fold.take_page([{"id": "a", "rank": 1}, {"id": "b", "rank": 2}], 2, false)
	holds(not fold.take_change({"id": "c", "rank": 1}, {"id": "x", "rank": 2}), "it was taken")
	holds(fold.take_change({"id": "b", "rank": 1}, {"id": "b", "rank": 2}), "it was refused")


func test_any_changes_leave_the_page_as_a_list_would_have_it() -> void:
	for offset in [0, 2]:
		for is_mirrored in [false, true]:
			_check_folding(4, offset, is_mirrored)


func test_pauses_double_are_jittered_and_end() -> void:
	for failures in [1, 2, 3, 4, 5, 20]:
		var backoff := minf(2.0 * pow(2.0, failures - 1), 60.0)
		for time in 50:
			var pause := RankoraRetry.pause(failures, 2.0)
			holds(pause >= backoff * 0.75 and pause <= backoff * 1.25, "%s after %d" % [pause, failures])
	holds(RankoraRetry.pause(1, 2.0, 40.0) >= 41.5, "it comes back too early")
	same(RankoraRetry.pause(1, 2.0, 1e7), 3600.0)
	var one := RankoraRetry.pause(1, 2.0)
	holds(one != RankoraRetry.pause(1, 2.0), "all come back at once")


func test_only_what_does_no_harm_is_repeated() -> void:
	for case: Array in [
		["network", 0, true, false],
		["timeout", 0, true, false],
		["rate_limited", 429, true, true],
		["unavailable", 503, true, false],
		["unexpected_answer", 502, true, false],
		["internal", 500, false, false],
		["invalid_name", 400, false, false],
		["unauthorized", 401, false, false],
		["not_found", 404, false, false],
	]:
		var error := RankoraError.new(case[0], "", case[1])
		same(RankoraRetry.may_repeat(error, HTTPClient.METHOD_POST), case[2], case[0])
		same(RankoraRetry.may_repeat(error, HTTPClient.METHOD_DELETE), case[3], case[0])
	var later := RankoraError.new("quota_exceeded", "", 429)
	later.retry_after = 31.0
	holds(not RankoraRetry.may_repeat(later, HTTPClient.METHOD_GET), "who has to wait for long is kept waiting")


func test_retry_after_is_seconds_or_a_date() -> void:
	var noon := 784_111_777.0
	same(RankoraRetry.seconds_until("40", noon), 40.0)
	same(RankoraRetry.seconds_until("Sun, 06 Nov 1994 08:51:07 GMT", noon), 90.0)
	same(RankoraRetry.seconds_until("Sun, 06 Nov 1994 08:49:00 GMT", noon), 0.0)
	for nothing in ["", "soon", "Sun, 06 Foo 1994 08:51:07 GMT"]:
		same(RankoraRetry.seconds_until(nothing, noon), -1.0, nothing)


func test_numbers_are_grouped() -> void:
	for case: Array in [
		[1234567.0, "1,234,567"],
		[12.0201234, "12.020123"],
		[100.0, "100"],
		[1000.5, "1,000.5"],
		[-1234.5, "-1,234.5"],
		[-0.0000001, "0"],
		[1e300, "1e300"],
	]:
		same(RankoraFormat.score(case[0]), case[1])
	same(RankoraFormat.score(-5.5, "number", 0), "-6")
	same(RankoraFormat.score(1234.5, "number", -1, ".", ","), "1.234,5")


func test_times_are_told_in_hours_minutes_and_seconds_and_rounded_as_a_whole() -> void:
	for case: Array in [
		[0.0, "0:00.000"],
		[83.25, "1:23.250"],
		[59.9996, "1:00.000"],
		[59.9994, "0:59.999"],
		[3599.9999, "1:00:00.000"],
		[3723.0, "1:02:03.000"],
		[360000.0, "100:00:00.000"],
		[-5.0, "-0:05.000"],
		[-0.0001, "0:00.000"],
	]:
		same(RankoraFormat.score(case[0], "time"), case[1])
	same(RankoraFormat.score(83.25, "time", 0), "1:23")
	same(RankoraFormat.score(83.25, "time", 1), "1:23.3")


func test_uuids_are_random_and_of_their_version() -> void:
	var form := RegEx.create_from_string("^[\\da-f]{8}-[\\da-f]{4}-4[\\da-f]{3}-[89ab][\\da-f]{3}-[\\da-f]{12}$")
	var seen := {}
	for time in 200:
		var uuid := RankoraWire.uuid()
		holds(form.search(uuid) != null, uuid)
		seen[uuid] = true
	same(seen.size(), 200)


func test_a_secret_key_is_warned_of_in_what_players_get() -> void:
	var of := func(features: Array) -> bool:
		return RankoraKeys.is_shipped(func(name: String) -> bool: return name in features)
	same(of.call(["template", "windows"]), true)
	same(of.call(["editor"]), false)
	same(of.call(["template", "dedicated_server"]), false)
	for key in ["rk_sec_x", "rk_mgt_x"]:
		holds(RankoraKeys.is_secret(key), key)
	for key in ["rk_pub_x", ""]:
		holds(not RankoraKeys.is_secret(key), key)


func _events(text: String) -> Array:
	return Array(RankoraSse.new().feed(text.to_utf8_buffer()))


func _check_folding(limit: int, offset: int, is_mirrored: bool) -> void:
	var fold := RankoraFold.new(limit, offset)
	# In the leaderboard's own order.
	var all: Array[String] = []
	var shown: Dictionary = {}
	fold.take_page([], 0, is_mirrored)
	for step in 300:
		var before := {}
		var id := "p%d" % (randi() % 9)
		var at := all.find(id)
		if at >= 0:
			before = {"id": id, "rank": at + 1}
			all.remove_at(at)
		var after := {}
		if at < 0 or randf() < 0.7:
			all.insert(randi() % (all.size() + 1), id)
			after = {"id": id, "rank": all.find(id) + 1}
		if not holds(fold.take_change(after, before), "it was refused"):
			return
		shown = {}
		for row in fold.rows():
			shown[int(row["rank"])] = row["id"]
		var page := all.duplicate()
		if is_mirrored:
			page.reverse()
		page = page.slice(offset, offset + limit)
		for place: int in shown:
			if not same(shown[place], page[place - offset - 1], "place %d" % place):
				return
		same(fold.total, all.size())
		# What the page can't know comes with a fresh one.
		if shown.size() < page.size():
			var rows := []
			for index in page.size():
				rows.append({"id": page[index], "rank": offset + index + 1})
			fold.take_page(rows, all.size(), is_mirrored)


func _float_of(bits: int) -> float:
	var bytes := PackedByteArray()
	bytes.resize(8)
	bytes.encode_s64(0, bits)
	return bytes.decode_double(0)


func _bits_of(number: float) -> String:
	var bytes := PackedByteArray()
	bytes.resize(8)
	bytes.encode_double(0, number)
	bytes.reverse()
	return bytes.hex_encode()
