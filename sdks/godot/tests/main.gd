extends Node
## Runs each method of each [code]*_test.gd[/code] whose name begins with [code]test_[/code], and ends the game.

const DIRECTORY := "res://tests"


func _ready() -> void:
	var args := OS.get_cmdline_user_args()
	var wanted := args.slice(1)
	var passed := 0
	var failed := 0
	for suite in _suites():
		var script: GDScript = load("%s/%s_test.gd" % [DIRECTORY, suite])
		for method in script.get_script_method_list():
			var title: String = "%s: %s" % [suite, method["name"].trim_prefix("test_")]
			if not method["name"].begins_with("test_") or not _is_wanted(title, wanted):
				continue
			var failures := await _run(script, method["name"], args[0])
			passed += int(failures.is_empty())
			failed += int(not failures.is_empty())
			print("%s %s" % ["ok  " if failures.is_empty() else "FAIL", title.replace("_", " ")])
			for failure in failures:
				print("     ", failure)
	print("\n%d passed, %d failed" % [passed, failed])
	get_tree().quit(0 if failed == 0 and passed > 0 else 1)


func _suites() -> PackedStringArray:
	var suites := PackedStringArray()
	for file in DirAccess.get_files_at(DIRECTORY):
		# In an exported game a script has other endings, and two of them.
		var name_of_it := file.get_slice(".", 0)
		if name_of_it.ends_with("_test") and not suites.has(name_of_it.trim_suffix("_test")):
			suites.append(name_of_it.trim_suffix("_test"))
	return suites


func _is_wanted(title: String, wanted: PackedStringArray) -> bool:
	if wanted.is_empty():
		return true
	for part in wanted:
		if title.contains(part):
			return true
	return false


func _run(script: GDScript, method: String, control_url: String) -> PackedStringArray:
	var suite: RankoraTestSuite = script.new()
	suite.control_url = control_url
	add_child(suite)
	await suite.call(method)
	var failures := suite.failures
	suite.queue_free()
	await get_tree().process_frame
	return failures
