extends RankoraTestSuite
## What is checked before it is sent, against the rules and against the server.

const PARTS: Array[String] = [
	"a",
	"Z",
	"9",
	" ",
	"_",
	"-",
	".",
	"é",
	"e\u0301",
	"ह",
	"\u093f",
	"中",
	"١",
	"²",
	"😀",
	"𝒜",
	"\ufeff",
	"\u0085",
	"\u200d",
	"\u3000",
	"\t",
	"\u0958",
	"한",
	"\u1112\u1161",
	"\u11ab",
	"q\u0323\u0307",
	"\u2126"
]


func test_any_text_is_composed() -> void:
	var texts: Array[String] = []
	for code in range(0x20, 0x3000):
		texts.append("a" + String.chr(code) + "\u0301" + String.chr(code))
	for code in range(0xAC00, 0xD7A4, 37):
		texts.append(String.chr(code) + "\u11ab")
	for code in range(0x1D100, 0x1D250):
		texts.append(String.chr(code))
	for time in 2000:
		texts.append(_random_text(1 + randi() % 8))
	var composed: Dictionary = await wish("composed", {"texts": texts})
	for index in texts.size():
		var expected: Variant = composed["texts"][index]
		var found := RankoraNfc.compose(texts[index])
		if expected != null and found != expected:
			same(found.to_utf32_buffer().hex_encode(), expected.to_utf32_buffer().hex_encode(), index)


func test_a_name_comes_back_as_it_will_be_kept() -> void:
	same(RankoraRules.check_name("\u0085 Zoe\u0308\u3000"), "Zoë")
	same(RankoraRules.check_name(&"Ada"), "Ada")
	for case: Array in [["a.b", "U+002E"], ["ab😀", "U+1F600"], [null, "string"], [12345, "string"], ["ab", "3 to 50"]]:
		var error: RankoraError = RankoraRules.check_name(case[0])
		same([error.code, error.field, error.status], ["invalid_name", "name", 0])
		holds(error.message.contains(case[1]), error.message)


func test_a_score_is_a_finite_number_that_a_float_can_hold() -> void:
	for score: Variant in [-1.5, 0, 9500, 1 << 60]:
		same(RankoraRules.check_score(score), score)
	for score: Variant in [NAN, INF, -INF, "1", null, [1], true, 9007199254740993]:
		same(RankoraRules.check_score(score).code, "invalid_score", score)


func test_metadata_is_a_small_flat_dictionary() -> void:
	var metadata := {"level": 12, "hero": "Ünal", "hard": true, &"ratio": 0.25}
	same(RankoraRules.check_metadata(metadata), {"level": 12, "hero": "Ünal", "hard": true, "ratio": 0.25})
	same(RankoraRules.check_metadata(null), null)
	same(RankoraRules.check_metadata({}), {})
	# The engine reads some literals wrong by a little, and then they have more digits.
	for value: float in [9e61, -1e61, 0.0, 5e-7, pow(2.0, -40)]:
		holds(RankoraRules.check_metadata({"value": value}) is Dictionary, value)
	for value: Variant in [
		1e62, -2e61, 1e-63, -1e-62, 1.5e-62, pow(2.0, -200), NAN, INF, null, [], {}, Vector2.ONE, self
	]:
		holds(RankoraRules.check_metadata({"value": value}) is RankoraError, value)
	for wrong: Variant in [[], "a", 1, {1: 1}, {"": 1}, &"text"]:
		holds(RankoraRules.check_metadata(wrong) is RankoraError, wrong)


func test_a_player_id_is_a_uuid_in_any_case() -> void:
	var id := "67e55044-10b1-426f-9247-bb680e5fe0c8"
	same(RankoraRules.check_player_id(id.to_upper()), id)
	for wrong in ["", "ada", id + "0", id.replace("-", "_"), id.left(35)]:
		same(RankoraRules.check_player_id(wrong).code, "invalid_player_id", wrong)


func test_the_rules_are_the_servers() -> void:
	var board := await wish("board")
	var client := client_of(board)
	var names: Array[String] = []
	for time in 150:
		names.append(_random_text(1 + randi() % 8))
	for length in [49, 50, 51]:
		names.append("é".repeat(length))
		names.append("e\u0301".repeat(length))
	for name_of_it in names:
		var kept: Variant = RankoraRules.check_name(name_of_it)
		var answer: Variant = await _send(client, {"name": name_of_it, "score": 1})
		if answer is RankoraError:
			holds(kept is RankoraError and kept.code == answer.code, "%s: %s, %s" % [name_of_it, kept, answer])
		elif holds(not kept is RankoraError, "%s: %s" % [name_of_it, kept]):
			same(kept, (await client.get_entry(answer["player_id"])).name, name_of_it)

	var values: Array = [9e61, 1e62, -9e60, -2e61, 1e-62, 1e-63, 1.5e-61, 1.5e-62, 1e308, 1 << 62, 1e21, 0.1, true]
	values.append_array(["a".repeat(64), "a".repeat(65), "😀".repeat(64), "\t\u0001", null, [], {}])
	for value: Variant in values:
		var answer: Variant = await _send(client, {"name": "Ada", "score": 1, "metadata": {"value": value}})
		var kept: Variant = RankoraRules.check_metadata({"value": value})
		same(kept is RankoraError, answer is RankoraError, "%s: %s, %s" % [value, kept, answer])

	for score: Variant in [1 << 53, 1 << 60, -(1 << 62), 1e21, 1.5e300, 0.1, 12.020123, -7]:
		var submitted := await client.submit("Ada", score)
		same(submitted.error, null, score)
		same(submitted.score, float(score), score)


## Sends without a look at it.
func _send(client: RankoraClient, body: Dictionary) -> Variant:
	var headers: PackedStringArray = ["Content-Type: application/json"]
	return await client.ask(HTTPClient.METHOD_POST, RankoraWire.ENTRIES, headers, RankoraJson.write(body))


func _random_text(length: int) -> String:
	var text := ""
	for index in length:
		text += PARTS[int(pow(randf(), 1.5) * PARTS.size())]
	return text
