extends RankoraTestSuite
## The control, the autoload and the sample, as a player sees them.

const SCENE := preload("res://addons/rankora/ui/leaderboard.tscn")


func test_it_shows_what_the_leaderboard_shows_and_marks_the_own_entry() -> void:
	var board := await wish("board", {"name": "Best laps", "sort_order": "asc", "score_format": "time"})
	var client := client_of(board)
	await client.submit("Ada", 83.25, RankoraRules.KEEP_METADATA, RankoraPlayer.local_id())
	await client.submit("Bob", 59.999)
	var control := _control(client)
	await _shows(control, ["1 Bob 0:59.999", "2 Ada 1:23.250"])
	same(_label(control, "Title").text, "Best laps")
	same(
		_rows(control).map(func(row: Control) -> StringName: return row.theme_type_variation),
		[&"RankoraRow", &"RankoraOwnRow"]
	)
	await client.submit("Cyd", 60)
	await _shows(control, ["1 Bob 0:59.999", "2 Cyd 1:00.000", "3 Ada 1:23.250"])
	await client.remove_entry(RankoraPlayer.local_id())
	await _shows(control, ["1 Bob 0:59.999", "2 Cyd 1:00.000"])
	control.title = "Laps"
	same(_label(control, "Title").text, "Laps")


func test_an_own_entry_that_is_not_on_the_page_is_shown_below() -> void:
	var board := await wish("board")
	var client := client_of(board)
	for score in [30, 20]:
		await client.submit("Ahead", score)
	await client.submit("Ada", 1234567, RankoraRules.KEEP_METADATA, RankoraPlayer.local_id())
	var control := _control(client)
	control.limit = 1
	control.restart()
	await _shows(control, ["1 Ada 1,234,567"])
	same(control.get_node("%Own").visible, false)
	await client.submit("Ada", 10, RankoraRules.KEEP_METADATA, RankoraPlayer.local_id())
	await _shows(control, ["1 Ahead 30"])
	await eventually("the own entry is below", func() -> bool: return control.get_node("%Own").visible)
	same(_text_of(control.get_node("%Own").get_child(1)), "3 Ada 10")


func test_it_says_what_is_wrong() -> void:
	var empty := _control(client_of(await wish("board")))
	await eventually("it is empty", func() -> bool: return _label(empty, "Status").text == empty.text_when_empty)
	var client := RankoraClient.new()
	client.base_url = "http://127.0.0.1:1"
	add_child(client)
	var offline := _control(client)
	same(_label(offline, "Status").text, offline.text_when_connecting)
	await eventually(
		"it is offline", func() -> bool: return _label(offline, "Status").text == offline.text_when_reconnecting
	)
	var refused := _control(client_of(await wish("board"), "none"))
	await eventually(
		"it is refused", func() -> bool: return _label(refused, "Status").text == refused.text_when_stopped
	)


func test_a_row_can_look_otherwise() -> void:
	var board := await wish("board")
	var client := client_of(board)
	await client.submit("Ada", 5)
	var row := Label.new()
	row.set_script(preload("res://tests/support/plain_row.gd"))
	var scene := PackedScene.new()
	scene.pack(row)
	row.free()
	var control := SCENE.instantiate()
	control.client = client
	control.row_scene = scene
	add_child(control)
	await eventually("it is shown", func() -> bool: return _rows(control).map(_label_text) == ["Ada has 5"])


func test_the_autoload_submits_for_whoever_plays_here() -> void:
	var board := await wish("board")
	var rankora: RankoraClient = get_node("/root/Rankora")
	rankora.base_url = board["base_url"]
	rankora.key = board["secret"]
	var accepted := []
	var heard := func(submitted: RankoraSubmitted, _submission: Dictionary) -> void: accepted.append(submitted.score)
	rankora.score_accepted.connect(heard)
	var submitted: RankoraSubmitted = await rankora.submit_score("Ada", 9500, {"level": 12})
	same(
		[submitted.error, submitted.rank, submitted.player_id, submitted.had_entry], [null, 1, rankora.player_id, false]
	)
	var entry: RankoraEntry = await rankora.get_own_entry()
	same([entry.name, entry.score, entry.metadata], ["Ada", 9500.0, {"level": 12.0}])
	var live: RankoraLive = rankora.follow(5, "", true)
	add_child(live)
	await eventually("it is followed", func() -> bool: return live.player != null and live.player.rank == 1)
	holds((await rankora.remove_own_entry()).is_ok(), "it was not removed")
	same(accepted, [9500.0])
	rankora.score_accepted.disconnect(heard)


func test_the_sample_is_played() -> void:
	var board := await wish("board")
	var sample: Control = load("res://samples/main.tscn").instantiate()
	add_child(sample)
	sample.get_node("%Server").text = board["base_url"]
	sample.get_node("%Key").text = board["secret"]
	sample.get_node("%Connect").pressed.emit()
	var said: Label = sample.get_node("%Said")
	await eventually("it is connected", func() -> bool: return said.text == "Playing for Test board")
	sample.get_node("%Play").pressed.emit()
	same(said.text, "The name must have 3 to 50 characters")
	sample.get_node("%PlayerName").text = "Ada"
	for time in 3:
		sample.get_node("%Play").pressed.emit()
	await eventually("it is submitted", func() -> bool: return said.text == "3 clicks: you are number 1 of 1")
	await _shows(sample.get_node("%Leaderboard"), ["1 Ada 3"])


func _control(client: RankoraClient) -> RankoraLeaderboard:
	var control: RankoraLeaderboard = SCENE.instantiate()
	control.client = client
	add_child(control)
	return control


func _rows(control: Control) -> Array:
	return control.get_node("%Rows").get_children()


func _label(control: Control, part: String) -> Label:
	return control.get_node("%" + part)


func _label_text(label: Label) -> String:
	return label.text


func _text_of(row: Control) -> String:
	return "%s %s %s" % [row.get_node("%Rank").text, row.get_node("%Name").text, row.get_node("%Score").text]


func _shows(control: Control, expected: Array) -> void:
	if not await eventually("the rows", func() -> bool: return _rows(control).map(_text_of) == expected):
		same(_rows(control).map(_text_of), expected)
