curl "URL/leaderboard/entries" \
  -H "Authorization: Bearer KEY" \
  -H "Content-Type: application/json" \
  -d '{"name":"First Player","score":9500}'
