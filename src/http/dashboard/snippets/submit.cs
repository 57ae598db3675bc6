using System;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;

var client = new HttpClient();
client.DefaultRequestHeaders.Authorization =
    new AuthenticationHeaderValue("Bearer", "KEY");
var body = new StringContent(
    "{\"name\":\"First Player\",\"score\":9500}", Encoding.UTF8, "application/json");
var response = await client.PostAsync("URL/leaderboard/entries", body);
Console.WriteLine(await response.Content.ReadAsStringAsync());
