extends RankoraTestSuite
## What the server shows in GDScript, in its documentation and its dashboard, compiled and run as
## it stands there.

## What samples have in place of real ones.
const PLAYER := "3e1c5c1e-7f0b-4c58-9d53-0c2a5d0c6f11"
const OTHER_BOARD := "5b0f0d3c-2f0a-4a53-8f6e-6c1f9f4b7a20"
const KEY := "9f3b2c6a-1d47-4e0f-8b1a-2f6d7c5e4a31"
const LEAST := 20
const FRAME := """extends Node

var said := []
var errors := []
var name_label := Label.new()


func say(a: Variant, b: Variant = "", c: Variant = "", d: Variant = "", e: Variant = "") -> void:
	said.append("%s%s%s%s%s" % [a, b, c, d, e])


func draw(entries: Array, total: int, player: Variant) -> void:
	say(entries.size(), " of ", total, " ", player)


func check(answer: Variant) -> void:
	if answer is RankoraError:
		errors.append(answer.message)
	elif answer is RankoraResult and answer.error:
		errors.append(answer.error.message)


func run() -> void:
"""


func test_every_sample_of_the_documentation_works() -> void:
	var board := await wish("board", {"account": "samples"})
	var samples := PackedStringArray()
	for page in await _pages(board["base_url"]):
		samples.append_array(_code_of(page))
	holds(samples.size() >= LEAST, "%d samples" % samples.size())
	var before := [Rankora.base_url, Rankora.key]
	for sample in samples:
		await _try(sample, board)
	Rankora.base_url = before[0]
	Rankora.key = before[1]
	print("     %d samples of the documentation were run" % samples.size())


## Its pieces go on from those before them. Where the name is refused, the one that tells of it has its say.
func test_the_readme_works_from_its_first_piece_to_its_last() -> void:
	var board := await wish("board", {"account": "samples"})
	var pieces := _code_of(await _text_of(board["base_url"] + "/docs/sdk/godot.md"))
	same(pieces.size(), 3, "pieces")
	var before := [Rankora.base_url, Rankora.key]
	var readme := "\n".join(pieces)
	var said: Array = await _try(readme, board, "1 of 1 ")
	holds("You are number 1" in said, "said %s" % [said])
	said = await _try(readme.replace('"Ada"', '"?"') + "\nprint(name_label.text)", board, "1 of 1 ", false)
	holds(said.any(func(line: String) -> bool: return "name" in line), "said %s" % [said])
	Rankora.base_url = before[0]
	Rankora.key = before[1]


func test_the_code_that_the_dashboard_shows_submits_a_score() -> void:
	var board := await wish("board")
	var code := FileAccess.get_file_as_string("res://snippet.txt")
	code = code.replace("URL", board["base_url"] + "/api/v1").replace("KEY", board["secret"])
	var script := GDScript.new()
	script.source_code = code.replace("print(", "said.append(") + "\nvar said := []\n"
	if not holds(script.reload() == OK, "it doesn't compile:\n" + code):
		return
	var run: Node = script.new()
	add_child(run)
	await eventually("it says something", func() -> bool: return not run.said.is_empty())
	holds('"rank":1' in "".join(run.said), str(run.said))
	run.queue_free()
	await get_tree().process_frame


func _try(sample: String, board: Dictionary, until := "", is_fine := true) -> Array:
	Rankora.base_url = board["base_url"]
	Rankora.key = board["management" if "/leaderboards" in sample else "secret"]
	var script := GDScript.new()
	var text := (await _filled(sample, board)).replace("print(", "say(")
	for answer in _matches("var (\\w+)(?:: Variant)? :?= await", text):
		text += "\ncheck(%s)" % answer.get_string(1)
	script.source_code = FRAME + text.indent("\t") + "\n"
	if not holds(script.reload() == OK, "it doesn't compile:\n" + sample):
		return []
	var run: Node = script.new()
	add_child(run)
	await run.run()
	var is_said := func() -> bool: return run.said.any(func(line: String) -> bool: return line.begins_with(until))
	await eventually("it says something:\n" + sample, is_said)
	same(run.errors.is_empty(), is_fine, "%s\n%s" % [sample, run.errors])
	var said: Array = run.said
	run.name_label.free()
	run.queue_free()
	await get_tree().process_frame
	return said


## The guides, and the reference.
func _pages(base_url: String) -> PackedStringArray:
	var pages := PackedStringArray()
	for link in _matches("\\((/docs/[^)]*\\.md)\\)", await _text_of(base_url + "/llms.txt")):
		if not link.get_string(1).begins_with("/docs/sdk/"):
			pages.append(await _text_of(base_url + link.get_string(1)))
	return pages


func _text_of(url: String) -> String:
	var request := HTTPRequest.new()
	add_child(request)
	request.request(url)
	var answer: Array = await request.request_completed
	request.queue_free()
	same(answer[1], 200, url)
	return answer[3].get_string_from_utf8()


func _code_of(page: String) -> PackedStringArray:
	var pieces := PackedStringArray()
	for piece in _matches("(?ms)^```gdscript\\n(.*?)^```", page):
		pieces.append(piece.get_string(1).strip_edges())
	return pieces


## The sample with what it names made anew, since some samples remove it.
func _filled(sample: String, board: Dictionary) -> String:
	if PLAYER in sample:
		var client := client_of(board)
		sample = sample.replace(PLAYER, (await client.submit("Ada", 9100)).player_id)
		client.queue_free()
	if not OTHER_BOARD in sample:
		return sample
	var other := await wish("board", {"account": "samples"})
	return sample.replace(OTHER_BOARD, other["id"]).replace(KEY, other["publishable_id"])


func _matches(pattern: String, text: String) -> Array[RegExMatch]:
	return RegEx.create_from_string(pattern).search_all(text)
