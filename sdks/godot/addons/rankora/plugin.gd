@tool
extends EditorPlugin
## Adds the autoload, the project's settings, and a look at each export.

const AUTOLOAD := "Rankora"
const SCRIPT := "res://addons/rankora/rankora.gd"

var _export_check := preload("export_check.gd").new()


func _enable_plugin() -> void:
	add_autoload_singleton(AUTOLOAD, SCRIPT)


func _disable_plugin() -> void:
	remove_autoload_singleton(AUTOLOAD)


func _enter_tree() -> void:
	for name: String in RankoraSettings.DEFAULTS:
		_show_setting(name, RankoraSettings.DEFAULTS[name])
	add_export_plugin(_export_check)


func _exit_tree() -> void:
	remove_export_plugin(_export_check)


func _show_setting(name: String, value: Variant) -> void:
	if not ProjectSettings.has_setting(name):
		ProjectSettings.set_setting(name, value)
	ProjectSettings.set_initial_value(name, value)
	ProjectSettings.set_as_basic(name, true)
	var info := {"name": name, "type": typeof(value)}
	if name == RankoraSettings.KEEP:
		info["hint"] = PROPERTY_HINT_ENUM
		info["hint_string"] = "Latest,Best,All"
	ProjectSettings.add_property_info(info)
