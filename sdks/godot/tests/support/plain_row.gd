extends Label
## A row of a game's own.


func show_entry(entry: RankoraEntry, score: String) -> void:
	text = "%s has %s" % [entry.name, score]
