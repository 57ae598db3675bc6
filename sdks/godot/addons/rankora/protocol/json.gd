class_name RankoraJson
extends RefCounted
## JSON as the server takes it: exact numbers, and control characters escaped as JSON does it.


static func write(value: Variant) -> String:
	match typeof(value):
		TYPE_NIL:
			return "null"
		TYPE_BOOL:
			return "true" if value else "false"
		TYPE_INT, TYPE_FLOAT:
			return RankoraNumber.to_json(value)
		TYPE_DICTIONARY:
			var members := PackedStringArray()
			for key: Variant in value:
				members.append("%s:%s" % [quote(str(key)), write(value[key])])
			return "{%s}" % ",".join(members)
		TYPE_ARRAY:
			var items := PackedStringArray()
			for item: Variant in value:
				items.append(write(item))
			return "[%s]" % ",".join(items)
	return quote(str(value))


static func quote(text: String) -> String:
	var quoted := text.replace("\\", "\\\\").replace('"', '\\"')
	for code in range(1, 0x20):
		if quoted.contains(char(code)):
			quoted = quoted.replace(char(code), "\\u%04x" % code)
	return '"%s"' % quoted


## What a text says, or null where it is no JSON.
static func read(text: String) -> Variant:
	# Unlike the static function, this prints no error about what comes from elsewhere.
	var parser := JSON.new()
	return parser.data if parser.parse(text) == OK else null
