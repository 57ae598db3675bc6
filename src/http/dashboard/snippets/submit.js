const response = await fetch("URL/leaderboard/entries", {
  method: "POST",
  headers: { "Authorization": "Bearer KEY", "Content-Type": "application/json" },
  body: JSON.stringify({ name: "First Player", score: 9500 }),
});
const { rank, player_id } = await response.json();
console.log(`Rank ${rank}. Keep ${player_id} to update this entry.`);
