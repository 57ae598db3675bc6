//! Where the sentinels say the primary is.

use std::time::Duration;

use futures_util::future::join_all;
use redis::{AsyncConnectionConfig, Client, FromRedisValue, RedisError, aio::MultiplexedConnection, pipe};

use super::url::Address;

/// How long a sentinel may take.
const DEADLINE: Duration = Duration::from_millis(800);

/// The sentinels, each with the connection that it was last asked over.
pub(super) struct Sentinels {
    name: String,
    each: Vec<(Client, Option<MultiplexedConnection>)>,
}

impl Sentinels {
    /// These sentinels, and what they call the primary.
    pub(super) fn new(sentinels: Vec<Client>, name: String) -> Self {
        Self { name, each: sentinels.into_iter().map(|client| (client, None)).collect() }
    }

    /// The primary's address. Where they disagree, who knows the newest election is right: a sentinel that is cut off
    /// from the others goes on naming the primary of before.
    ///
    /// # Errors
    /// What the last of them said, where none knows.
    pub(super) async fn primary(&mut self) -> Result<Address, String> {
        let name = &self.name;
        let asked = self.each.iter_mut().map(async |(client, connection)| {
            match tokio::time::timeout(DEADLINE, ask(client, connection, name)).await {
                Ok(Ok(answer)) => Ok(answer),
                Ok(Err(error)) => Err((client.get_connection_info().addr().to_string(), error.to_string())),
                Err(_) => Err((client.get_connection_info().addr().to_string(), "no answer".to_owned())),
            }
        });
        let answers = join_all(asked).await;
        for (answer, (_, connection)) in answers.iter().zip(&mut self.each) {
            if answer.is_err() {
                *connection = None;
            }
        }
        let mut reason = String::new();
        let mut newest: Option<(u64, Address)> = None;
        for answer in answers {
            match answer {
                Ok(found) if newest.as_ref().is_none_or(|(epoch, _)| found.0 > *epoch) => {
                    newest = Some(found)
                }
                Ok(_) => {}
                Err((sentinel, error)) => reason = format!("the sentinel at {sentinel}: {error}"),
            }
        }
        newest.map(|(_, address)| address).ok_or(reason)
    }
}

/// What one sentinel says: the epoch of the election, and who was elected.
async fn ask(
    client: &Client,
    connection: &mut Option<MultiplexedConnection>,
    name: &str,
) -> Result<(u64, Address), RedisError> {
    let mut open = match connection.take() {
        Some(open) => open,
        None => {
            let config = AsyncConnectionConfig::new()
                .set_connection_timeout(Some(DEADLINE))
                .set_response_timeout(Some(DEADLINE));
            client.get_multiplexed_async_connection_with_config(&config).await?
        }
    };
    let mut questions = pipe();
    questions.cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(name);
    questions.cmd("SENTINEL").arg("MASTER").arg(name);
    let answers = open.send_packed_commands(&questions, 0, 2).await?;
    let [address, state]: [redis::Value; 2] =
        answers.try_into().map_err(|_| (redis::ErrorKind::UnexpectedReturnType, "two answers"))?;
    let address = address.extract_error()?;
    if address == redis::Value::Nil {
        return Err(
            (redis::ErrorKind::MasterNameNotFoundBySentinel, "it knows no primary of that name").into()
        );
    }
    let (host, port) = FromRedisValue::from_redis_value(address)?;
    let state: Vec<String> = FromRedisValue::from_redis_value(state.extract_error()?)?;
    let epoch = state.chunks(2).find(|pair| pair[0] == "config-epoch").and_then(|pair| pair[1].parse().ok());
    *connection = Some(open);
    Ok((epoch.unwrap_or_default(), Address { host, port }))
}
