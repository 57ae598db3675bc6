//! What a client builds from a stream by what the contract allows it to know; it fails the test where a message comes
//! twice, is left out, or contradicts what came before.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::stream::Message;

/// What a client asks for.
#[derive(Clone, Debug)]
pub struct Asked {
    pub limit: u64,
    pub offset: u64,
    pub order: Option<&'static str>,
    pub player: Option<uuid::Uuid>,
}

impl Asked {
    /// A page in the leaderboard's own order.
    pub fn page(limit: u64, offset: u64) -> Self {
        Self { limit, offset, order: None, player: None }
    }

    /// The same page in this order.
    pub fn in_order(self, order: &'static str) -> Self {
        Self { order: Some(order), ..self }
    }

    /// The same page, following a player.
    pub fn following(self, player: uuid::Uuid) -> Self {
        Self { player: Some(player), ..self }
    }

    /// The parameters, beginning with `?`.
    pub fn query(&self) -> String {
        let mut query = format!("?limit={}&offset={}", self.limit, self.offset);
        if let Some(order) = self.order {
            query += &format!("&order={order}");
        }
        if let Some(player) = self.player {
            query += &format!("&player_id={player}");
        }
        query
    }
}

/// A client's state.
#[derive(Clone, Debug)]
pub struct Fold {
    asked: Asked,
    mirrored: bool,
    /// Whether the leaderboard may be rebuilt, which has a number but no message.
    rebuilds: bool,
    /// The rows of the page without their ranks; `None` for a row that the client can't know.
    page: Vec<Option<Value>>,
    total: u64,
    /// The followed player's row.
    player: Value,
    /// The last id.
    id: String,
    /// Nothing is known until the next page.
    void: bool,
    pub initials: usize,
    pub updates: usize,
    /// The last messages, for whoever has to find out what went wrong.
    pub trail: VecDeque<String>,
}

impl Fold {
    /// A client that knows nothing yet; `own` is the leaderboard's own order.
    pub fn new(asked: Asked, own: &str) -> Self {
        let mut fold = Self {
            asked,
            mirrored: false,
            rebuilds: false,
            page: Vec::new(),
            total: 0,
            player: Value::Null,
            id: String::new(),
            void: true,
            initials: 0,
            updates: 0,
            trail: VecDeque::new(),
        };
        fold.set_own_order(own);
        fold
    }

    /// The same for a leaderboard that is reset or turned around meanwhile.
    pub fn across_rebuilds(self) -> Self {
        Self { rebuilds: true, ..self }
    }

    /// The leaderboard's own order from now on.
    pub fn set_own_order(&mut self, own: &str) {
        self.mirrored = self.asked.order.is_some_and(|order| order != own);
    }

    pub fn asked(&self) -> &Asked {
        &self.asked
    }

    /// What the client sends as `Last-Event-ID`.
    pub fn last_event_id(&self) -> Option<&str> {
        (!self.id.is_empty()).then_some(&self.id)
    }

    /// The page as the list route would show it; `null` for a row that isn't known.
    pub fn state(&self) -> Value {
        let rows = self.page.iter().zip(self.asked.offset + 1..).map(|(row, rank)| match row {
            Some(row) => {
                let mut row = row.clone();
                row["rank"] = json!(rank);
                row
            }
            None => Value::Null,
        });
        let page = rows.collect::<Vec<_>>();
        match self.void {
            true => Value::Null,
            false => json!({"entries": page, "total": self.total, "player": self.player}),
        }
    }

    /// Takes a message in.
    pub fn apply(&mut self, message: &Message) {
        let payload = &message.data["payload"];
        let ranks = [&payload["old"]["rank"], &payload["new"]["rank"]];
        self.trail.push_back(format!("{} {} {ranks:?} of {}", message.kind(), message.id, self.total));
        if self.trail.len() > 20 {
            self.trail.pop_front();
        }
        match message.kind() {
            "connected" => {}
            "initial" => self.apply_initial(message),
            "update" => self.apply_update(message),
            other => panic!("{other}: {}", message.data),
        }
    }

    fn apply_initial(&mut self, message: &Message) {
        let data = &message.data;
        assert_eq!(data["success"], true, "{data}");
        let pagination = &data["pagination"];
        assert_eq!(pagination["limit"], self.asked.limit, "{data}");
        assert_eq!(pagination["offset"], self.asked.offset, "{data}");
        self.total = pagination["total"].as_u64().expect("a total");
        let rows = data["entries"].as_array().expect("rows");
        assert_eq!(rows.len() as u64, self.rows_on_page(), "{data}");
        for (row, rank) in rows.iter().zip(self.asked.offset + 1..) {
            assert_eq!(row["rank"], rank, "{data}");
        }
        self.page = rows.iter().map(|row| Some(without(row, &["rank"]))).collect();
        if self.asked.player.is_some() {
            self.player = data["player"].clone();
            assert!(self.player.is_null() || self.player["is_current_player"] == true, "{data}");
        }
        assert!(!message.id.is_empty(), "{data}");
        self.id.clone_from(&message.id);
        self.void = false;
        self.initials += 1;
    }

    fn apply_update(&mut self, message: &Message) {
        let payload = &message.data["payload"];
        let (last, now) = (sequence(&self.id), sequence(&message.id));
        assert!(now > last, "{now} came after {last}");
        self.id.clone_from(&message.id);
        self.updates += 1;
        if self.asked.player.is_some() {
            self.follow(payload);
            return;
        }
        if now != last + 1 {
            assert!(self.rebuilds, "{now} followed on {last}");
            // The page that goes with it is on its way.
            self.void = true;
        }
        if !self.void {
            self.change(payload);
        }
    }

    fn follow(&mut self, payload: &Value) {
        match payload["eventType"].as_str() {
            Some("INSERT") => self.total += 1,
            Some("DELETE") => self.total -= 1,
            _ => {}
        }
        self.player = payload["new"].clone();
        if let Some(rank) = self.player["rank"].as_u64() {
            self.player["rank"] = json!(self.place(rank));
        }
    }

    /// Each row's new place follows from the two ranks; what comes from outside the page isn't known.
    fn change(&mut self, payload: &Value) {
        let (old, new) = (&payload["old"], &payload["new"]);
        let from = old["rank"].as_u64().map(|rank| self.place(rank));
        self.total = self.total - u64::from(old.is_object()) + u64::from(new.is_object());
        let to = new["rank"].as_u64().map(|rank| self.place(rank));
        let first = self.asked.offset + 1;
        let at = |place: u64| self.page.get(place.checked_sub(first)? as usize)?.as_ref();
        if from.and_then(at).is_some_and(|row| row["id"] != old["id"]) {
            // Where the order is turned around, a client can't know in which one an event counts its ranks.
            assert!(self.rebuilds && self.asked.order.is_some(), "{payload} contradicts {self:#?}");
            self.void = true;
            return;
        }
        let row = |place: u64| {
            if to == Some(place) {
                return Some(without(new, &["rank"]));
            }
            let between = place - u64::from(to.is_some_and(|to| to < place));
            let before = between + u64::from(from.is_some_and(|from| from <= between));
            at(before).cloned()
        };
        self.page = (first..first + self.rows_on_page()).map(row).collect();
    }

    /// From a rank in the leaderboard's own order to one in the order asked for.
    fn place(&self, rank: u64) -> u64 {
        // Who follows a player may know an old total until the page comes.
        if self.mirrored { (self.total + 1).saturating_sub(rank) } else { rank }
    }

    fn rows_on_page(&self) -> u64 {
        self.total.saturating_sub(self.asked.offset).min(self.asked.limit)
    }
}

/// The sequence number in an id.
pub fn sequence(id: &str) -> u64 {
    id.split_once('-').and_then(|(seq, _)| seq.parse().ok()).unwrap_or_else(|| panic!("an id: {id:?}"))
}

/// An object without some of its fields.
pub fn without(object: &Value, fields: &[&str]) -> Value {
    let mut object = object.clone();
    for field in fields {
        object.as_object_mut().expect("an object").remove(*field);
    }
    object
}
