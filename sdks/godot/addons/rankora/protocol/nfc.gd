class_name RankoraNfc
extends RefCounted
## Unicode's composed form (NFC), which the engine doesn't have.


static func compose(text: String) -> String:
	return text
