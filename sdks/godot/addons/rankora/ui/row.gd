@tool
class_name RankoraRow
extends PanelContainer
## A row of a [RankoraLeaderboard]. Another scene can stand in its place: it needs a [method show_entry].

@onready var _rank: Label = %Rank
@onready var _name: Label = %Name
@onready var _score: Label = %Score


## [param score]: as it is to be shown.
func show_entry(entry: RankoraEntry, score: String) -> void:
	var own := "Own" if entry.is_current_player else ""
	theme_type_variation = "Rankora%sRow" % own
	_rank.theme_type_variation = "Rankora%sRank" % own
	_name.theme_type_variation = "Rankora%sName" % own
	_score.theme_type_variation = "Rankora%sScore" % own
	_rank.text = str(entry.rank)
	_name.text = entry.name
	_score.text = score
