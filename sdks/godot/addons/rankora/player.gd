class_name RankoraPlayer
extends RefCounted
## Whoever plays on this device.

const DIRECTORY := "user://rankora"
const FILE := DIRECTORY + "/player_id"

static var _id := ""


## The player's id, made at first use and kept in [code]user://[/code].
static func local_id() -> String:
	if _id.is_empty():
		_id = _read()
	if _id.is_empty():
		_id = RankoraWire.uuid()
		# Where it can't be written, it is the same player at least until the end.
		set_local_id(_id)
	return _id


## Makes this device another player's, such as one who signed in. False where that is no UUID or can't be kept.
static func set_local_id(player_id: String) -> bool:
	var checked: Variant = RankoraRules.check_player_id(player_id)
	if checked is RankoraError:
		return false
	_id = checked
	DirAccess.make_dir_recursive_absolute(DIRECTORY)
	var file := FileAccess.open(FILE, FileAccess.WRITE)
	if file == null:
		return false
	file.store_string(_id)
	return file.get_error() == OK


static func _read() -> String:
	if not FileAccess.file_exists(FILE):
		return ""
	var checked: Variant = RankoraRules.check_player_id(FileAccess.get_file_as_string(FILE).strip_edges())
	return "" if checked is RankoraError else checked
