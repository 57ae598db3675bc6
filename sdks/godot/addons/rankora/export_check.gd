@tool
extends EditorExportPlugin
## Warns where a game is exported with a key that no player may have.


func _get_name() -> String:
	return "RankoraExportCheck"


func _export_begin(features: PackedStringArray, _is_debug: bool, _path: String, _flags: int) -> void:
	var key: String = ProjectSettings.get_setting(RankoraSettings.KEY, "")
	if RankoraKeys.is_secret(key) and not features.has("dedicated_server"):
		push_error(RankoraKeys.WARNING)
