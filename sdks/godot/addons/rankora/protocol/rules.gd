class_name RankoraRules
extends RefCounted
## The server's rules, so that a form can say at once what is wrong.
##
## Each check gives back the value as it will be sent, or a [RankoraError]. What these let through the server may still
## refuse; what they refuse it would refuse too.

## In place of metadata: what the entry has is kept.
const KEEP_METADATA := &"keep_metadata"

const MIN_NAME := 3
const MAX_NAME := 50
const MAX_KEYS := 10
const MAX_KEY_CHARACTERS := 32
const MAX_VALUE_CHARACTERS := 64

const _SPACES := (
	"[\\x09-\\x0D\\x20\\x85\\xA0\\x{1680}\\x{2000}-\\x{200A}\\x{2028}\\x{2029}" + "\\x{202F}\\x{205F}\\x{3000}]+"
)
# A character that this engine's Unicode doesn't know (Cn) may be a letter by now: the server decides.
const _OUTSIDE_NAMES := "[^\\p{L}\\p{M}\\p{Nd}\\p{Cn} _-]"
const _UUID := "^(?i)[\\da-f]{8}(-?)([\\da-f]{4}\\1){3}[\\da-f]{12}$"

static var _outer_space := RegEx.create_from_string("^%s|%s$" % [_SPACES, _SPACES])
static var _outside_names := RegEx.create_from_string(_OUTSIDE_NAMES)
static var _uuid := RegEx.create_from_string(_UUID)


## The name trimmed and composed, as it will be kept.
static func check_name(name: Variant) -> Variant:
	if not (name is String or name is StringName):
		return _invalid("name", "The name must be a string")
	if _has_half_pair(name):
		return _invalid("name", "The name has half of a character in it")
	var normal := RankoraNfc.compose(_outer_space.sub(name, "", true))
	if normal.length() < MIN_NAME or normal.length() > MAX_NAME:
		return _invalid("name", "The name must have %d to %d characters" % [MIN_NAME, MAX_NAME])
	var wrong := _outside_names.search(normal)
	if wrong != null:
		var code := wrong.get_string().unicode_at(0)
		var rule := "The name may have letters, digits, spaces, _ and - only, not U+%04X"
		return _invalid("name", rule % code)
	return normal


## A finite number. A whole one that no [float] can hold is refused, since the server keeps floats.
static func check_score(score: Variant) -> Variant:
	if score is int and int(float(score)) == score:
		return score
	if score is float and is_finite(score):
		return score
	return _invalid("score", "The score must be a finite number that a float can hold")


## A small dictionary of strings, numbers and booleans; null, which clears; or [constant KEEP_METADATA].
static func check_metadata(metadata: Variant) -> Variant:
	if metadata == null or is_kept(metadata):
		return metadata
	if not metadata is Dictionary:
		return _invalid("metadata", "The metadata must be a dictionary")
	if metadata.size() > MAX_KEYS:
		return _invalid("metadata", "The metadata may have at most %d keys" % MAX_KEYS)
	var checked := {}
	for key: Variant in metadata:
		if not _is_key(key):
			var rule := "A metadata key must have 1 to %d characters"
			return _invalid("metadata", rule % MAX_KEY_CHARACTERS)
		if not _is_value(metadata[key]):
			var kinds := 'The metadata value of "%s" must be a string, a finite number or a boolean, of at most %d characters'
			return _invalid("metadata", kinds % [key, MAX_VALUE_CHARACTERS])
		checked[str(key)] = metadata[key]
	return checked


## A UUID, in lower case.
static func check_player_id(player_id: String) -> Variant:
	if _uuid.search(player_id) == null:
		return _invalid("player_id", "The player_id must be a UUID")
	return player_id.to_lower()


## A submission as it is sent, in the names of the wire: what is left out stays out.
static func check_submission(name: Variant, score: Variant, metadata: Variant, player_id: String) -> Variant:
	var checked := {"name": check_name(name), "score": check_score(score)}
	if not player_id.is_empty():
		checked["player_id"] = check_player_id(player_id)
	if not is_kept(metadata):
		checked["metadata"] = check_metadata(metadata)
	for value: Variant in checked.values():
		if value is RankoraError:
			return value
	return checked


static func is_kept(metadata: Variant) -> bool:
	return metadata is StringName and metadata == KEEP_METADATA


static func _is_key(key: Variant) -> bool:
	if not (key is String or key is StringName):
		return false
	var length := str(key).length()
	return length >= 1 and length <= MAX_KEY_CHARACTERS and not _has_half_pair(key)


static func _is_value(value: Variant) -> bool:
	match typeof(value):
		TYPE_STRING, TYPE_STRING_NAME:
			return str(value).length() <= MAX_VALUE_CHARACTERS and not _has_half_pair(value)
		TYPE_BOOL, TYPE_INT:
			return true
		TYPE_FLOAT:
			return is_finite(value) and RankoraNumber.plain_length(value) <= MAX_VALUE_CHARACTERS
	return false


static func _has_half_pair(text: String) -> bool:
	for index in text.length():
		if text.unicode_at(index) & 0xFFFFF800 == 0xD800:
			return true
	return false


static func _invalid(field: String, message: String) -> RankoraError:
	return RankoraError.new("invalid_" + field, message, 0, field)
