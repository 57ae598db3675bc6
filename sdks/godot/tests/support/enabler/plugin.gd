@tool
extends EditorPlugin
## Enables the addon and disables it again, as clicks in the project's settings do, and says what came of it.

const ADDON := "rankora"


func _enter_tree() -> void:
	_click.call_deferred()


func _click() -> void:
	for is_enabled: bool in [true, false]:
		EditorInterface.set_plugin_enabled(ADDON, is_enabled)
		await get_tree().process_frame
		print("autoload: ", ProjectSettings.has_setting("autoload/Rankora"))
		print("address: ", ProjectSettings.get_setting("rankora/server/base_url"))
	get_tree().quit()
