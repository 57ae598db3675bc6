extends RankoraTestSuite
## The fixtures in sdks/contract, sent by the SDK to a real server: what is sent is what stands there, and what it makes
## of the answer says the same.

const DIRECTORY := "res://contract"
const METHODS := {"GET": HTTPClient.METHOD_GET, "POST": HTTPClient.METHOD_POST, "DELETE": HTTPClient.METHOD_DELETE}

var _steps := 0
var _board := {}
var _live: RankoraLive


func test_metadata() -> void:
	await _check("metadata.json", 21)


func test_names() -> void:
	await _check("names.json", 39)


func test_reading() -> void:
	await _check("reading.json", 23)


func test_refusals() -> void:
	await _check("refusals.json", 13)


func test_streams() -> void:
	await _check("streams.json", 15)


func test_submissions() -> void:
	await _check("submissions.json", 18)


func _check(file: String, least: int) -> void:
	var fixtures: Dictionary = JSON.parse_string(FileAccess.get_file_as_string(DIRECTORY.path_join(file)))
	for scenario: Dictionary in fixtures["scenarios"]:
		var about: Dictionary = scenario["leaderboard"].duplicate()
		# Usage is counted for an account.
		about["account"] = "-" + RankoraWire.uuid()
		_board = await wish("board", about)
		for step: Dictionary in scenario["steps"]:
			# A text is what no SDK has to be able to send.
			if step["request"].has("text"):
				continue
			var before := failures.size()
			await _check_step(step)
			for index in range(before, failures.size()):
				failures[index] = "%s / %s: %s" % [scenario["name"], step["name"], failures[index]]
			_steps += 1
		if _live != null:
			_live.queue_free()
			_live = null
	print("     %d steps of %s" % [_steps, file])
	holds(_steps >= least, "only %d steps" % _steps)


func _check_step(step: Dictionary) -> void:
	var request: Dictionary = step["request"]
	if request["path"].begins_with("/realtime"):
		await _begin_stream(request, int(step["response"]["status"]))
	else:
		await _check_request(request, step)
	if step.has("page") and _live != null:
		var page: Array = step["page"]
		await eventually("the page", func() -> bool: return _shown() == page)
		same(_shown(), page, "page")


func _begin_stream(request: Dictionary, status: int) -> void:
	var client := client_of(_board, request["key"])
	var query := _query_of(request["path"])
	_live = RankoraLive.new(client)
	_live.limit = int(query["limit"])
	_live.order = query.get("order", "")
	_live.player_id = query.get("player_id", "")
	add_child(_live)
	var state := RankoraLive.State.LIVE if status == 200 else RankoraLive.State.POLLING
	await eventually("state %d" % state, func() -> bool: return _live.state == state)


func _shown() -> Array:
	return _live.entries.map(
		func(entry: RankoraEntry) -> Dictionary:
			return {"name": entry.name, "score": entry.score, "rank": float(entry.rank)}
	)


func _check_request(request: Dictionary, step: Dictionary) -> void:
	var client := RankoraClient.new()
	client.base_url = _board["base_url"]
	client.key = _board.get(request["key"], "")
	client.retries = 0
	var http := RankoraTestRecorder.new()
	client.http = http
	add_child(client)
	var result := await _call(client, request)
	var is_known: bool = step.get("refused_before_sending", false)
	if same(http.asked.size(), 0 if is_known else 1, "requests that were sent") and not is_known:
		_check_sent(http.asked[0], request)
	_check_result(result, step["response"], is_known)
	client.queue_free()


## Sends a request by the method that is for it.
func _call(client: RankoraClient, request: Dictionary) -> RankoraResult:
	var path: String = request["path"].get_slice("?", 0)
	var player := path.trim_prefix(RankoraWire.ENTRIES + "/") if path.begins_with(RankoraWire.ENTRIES + "/") else ""
	if request["method"] == "POST":
		var body: Dictionary = request["body"]
		return await client.submit(
			body.get("name"),
			body.get("score"),
			body.get("metadata", RankoraRules.KEEP_METADATA),
			body.get("player_id", ""),
			request.get("headers", {}).get("Idempotency-Key", "")
		)
	if request["method"] == "DELETE":
		return await client.remove_entry(player)
	if not player.is_empty():
		return await client.get_entry(player)
	if path == RankoraWire.LEADERBOARD:
		return await client.get_leaderboard()
	if path == RankoraWire.USAGE:
		return await client.get_usage()
	var query := _query_of(request["path"])
	# One less than nothing is not sent, so what is out of range goes by the path.
	if query.get("offset") == "-1":
		var answer: Variant = await client.ask(HTTPClient.METHOD_GET, request["path"])
		return RankoraResult.new().failed(answer)
	return await client.get_entries(
		int(query.get("limit", "-1")),
		int(query.get("offset", "-1")),
		query.get("order", ""),
		query.get("player_id", "")
	)


func _check_sent(sent: Dictionary, request: Dictionary) -> void:
	same(sent["method"], METHODS[request["method"]], "method")
	same(sent["url"], "%s/api/v1%s" % [_board["base_url"], request["path"]], "url")
	var headers: Dictionary = request.get("headers", {})
	for name: String in headers:
		same(sent["headers"].get(name.to_lower()), headers[name], name)
	if request.has("body"):
		var body: Dictionary = request["body"].duplicate()
		# Names are sent as they will be kept.
		body["name"] = RankoraRules.check_name(body["name"])
		same(JSON.parse_string(sent["body"]), body, "body")


func _check_result(result: RankoraResult, response: Dictionary, is_known: bool) -> void:
	var said: Dictionary = response["body"]
	if int(response["status"]) == 200:
		if holds(result.is_ok(), "failed with %s" % result.error):
			_check_fields(result, said)
		return
	if not holds(not result.is_ok(), "didn't fail"):
		return
	same(result.error.code, said["code"], "code")
	same(result.error.field, said.get("field", ""), "field")
	holds(result.error.message.length() > 5, "no message")
	same(result.error.status, 0 if is_known else int(response["status"]), "status")
	if response.get("headers", {}).has("retry-after"):
		holds(result.error.retry_after >= 1.0, "retry_after is %s" % result.error.retry_after)


## Each field of the answer stands in the result, under its own name.
func _check_fields(result: Object, said: Dictionary) -> void:
	for name: String in said:
		match name:
			"success":
				pass
			"pagination":
				_check_fields(result, said["pagination"])
			"entries":
				if same(result.get("entries").size(), said["entries"].size(), "entries"):
					for index: int in said["entries"].size():
						_check_fields(result.get("entries")[index], said["entries"][index])
			_:
				_check_field(result.get(name.to_snake_case()), said[name], name)


func _check_field(found: Variant, said: Variant, name: String) -> void:
	if said is String and said.begins_with("<"):
		match said:
			"<uuid>":
				holds(found is String and RankoraRules.check_player_id(found) is String, "%s is %s" % [name, found])
			"<count>":
				holds(found is int and found >= 0, "%s is %s" % [name, found])
			_:
				holds(found is String and not found.is_empty(), "%s is %s" % [name, found])
	elif said == null:
		# What is not there: no entry before, no metadata, no limit of the plan.
		holds(
			found == null or found is Dictionary and found.is_empty() or float(found) <= 0.0, "%s is %s" % [name, found]
		)
	elif said is float:
		holds(float(found) == said, "%s is %s, not %s" % [name, found, said])
	else:
		same(found, said, name)


func _query_of(path: String) -> Dictionary:
	var query := {}
	if path.contains("?"):
		for pair in path.get_slice("?", 1).split("&"):
			query[pair.get_slice("=", 0)] = pair.get_slice("=", 1)
	return query
