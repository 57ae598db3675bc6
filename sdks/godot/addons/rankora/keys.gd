@tool
class_name RankoraKeys
extends RefCounted
## What a key may be used for.

const WARNING := (
	"Rankora: this game carries a secret key, which is a secret no more. Whoever has the game can write and delete "
	+ "all entries. Revoke it; games get a publishable key (rk_pub_…), and submit through a server of yours."
)

static var _is_warned := false


## Whether whoever has the key can write.
static func is_secret(key: String) -> bool:
	return key.begins_with("rk_sec_") or key.begins_with("rk_mgt_")


## Whether a build with these features is one that players get: not the editor, not a dedicated server.
static func is_shipped(has_feature: Callable) -> bool:
	return not has_feature.call("editor") and not has_feature.call("dedicated_server")


## Warns once, as loudly as a game can, where a key is in a build that players get.
static func warn(key: String) -> void:
	if is_secret(key) and is_shipped(OS.has_feature) and not _is_warned:
		_is_warned = true
		push_error(WARNING)
