//! Applications and credentials of the demo, all derived from one secret that was made when its merchant was.

use anyhow::{Context, anyhow};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tender_engine::{ApplicationId, MerchantId};
use tender_service::{Application, CredentialFailure, Flavour, GrantSpec, Tender, TokenKind, TokenSpec};

use super::catalogue::TABLE_PAY;
use super::{MERCHANT, OTHER_MERCHANT, told};

/// OAuth client of the K-Series application.
pub const KSERIES_CLIENT: &str = "devp-v2-tender-demo";
/// OAuth client of the Kounta application.
pub const KOUNTA_CLIENT: &str = "tender-demo-kounta";
/// OAuth client of the Kounta application that is a payment method itself.
pub const ADDON_CLIENT: &str = "tender-demo-tablepay";
/// The webhook endpoint that the printed calls name.
pub const DEMO_ENDPOINT: &str = "demo";
/// Who signs in at the authorize pages.
pub const PERSON: &str = "demo";

const KSERIES_APPLICATION: u64 = 101;
const KOUNTA_APPLICATION: u64 = 102;
const ADDON_APPLICATION: u64 = 103;
const OM_APPLICATION: u64 = 104;
const OTHER_KSERIES_APPLICATION: u64 = 201;
const OTHER_OM_APPLICATION: u64 = 204;

/// Scopes of the K-Series application.
const KSERIES_SCOPES: [&str; 4] = ["orders-api", "financial-api", "items", "offline_access"];

/// Everything secret that the demo prints.
pub struct Access {
    /// Administrator's token.
    pub admin: String,
    /// Tills' token.
    pub till: String,
    /// K-Series access token.
    pub kseries_access: String,
    /// K-Series refresh token.
    pub kseries_refresh: String,
    /// K-Series client secret.
    pub kseries_secret: String,
    /// Kounta access token.
    pub kounta_access: String,
    /// Kounta refresh token.
    pub kounta_refresh: String,
    /// Kounta client secret.
    pub kounta_secret: String,
    /// Client secret of the add-on.
    pub addon_secret: String,
    /// om key.
    pub om_key: String,
    /// The other merchant's administrator's token.
    pub other_admin: String,
    /// The other merchant's om key.
    pub other_om_key: String,
    /// The other merchant's K-Series token.
    pub other_kseries: String,
    /// Password of the person.
    pub person_password: String,
}

/// A secret to derive a demo's credentials from: 256 random bits as hex.
pub fn new_secret() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("no random numbers: {error}"))?;
    Ok(hex::encode(bytes))
}

/// Derives texts from a merchant's secret.
struct Derive {
    secret: String,
}

impl Derive {
    async fn of(tender: &Tender, merchant: MerchantId) -> anyhow::Result<Self> {
        let directory = tender.directory(merchant).await.map_err(told)?;
        let secret = directory.and_then(|directory| directory.merchant.demo_secret.clone());
        let secret = secret.context("this ledger was not made by a demo; use another folder")?;
        Ok(Self { secret })
    }

    /// 160 bits as 40 hex digits, the look of Kounta's tokens.
    fn text(&self, label: &str) -> String {
        let mut mac = match Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()) {
            Ok(mac) => mac,
            Err(_) => unreachable!("HMAC takes keys of any length"),
        };
        mac.update(label.as_bytes());
        let hash = hex::encode(mac.finalize().into_bytes());
        hash.chars().take(40).collect()
    }
}

fn refused(failure: CredentialFailure) -> anyhow::Error {
    anyhow!("the demo's credentials were refused: {failure:?}")
}

/// Writes applications, tokens and the person.
pub async fn write(tender: &Tender) -> anyhow::Result<Access> {
    let own = Derive::of(tender, MERCHANT).await?;
    let other = Derive::of(tender, OTHER_MERCHANT).await?;
    let access = Access {
        admin: own.text("admin"),
        till: own.text("till"),
        kseries_access: own.text("kseries-access"),
        kseries_refresh: own.text("kseries-refresh"),
        kseries_secret: own.text("kseries-secret"),
        kounta_access: own.text("kounta-access"),
        kounta_refresh: own.text("kounta-refresh"),
        kounta_secret: own.text("kounta-secret"),
        addon_secret: own.text("addon-secret"),
        om_key: own.text("om-key"),
        other_admin: other.text("admin"),
        other_om_key: other.text("om-key"),
        other_kseries: other.text("kseries-access"),
        person_password: own.text("person").chars().take(12).collect(),
    };
    write_applications(tender, &access).await?;
    write_tokens(tender, &access).await?;
    write_grants(tender, &access, &own).await?;
    tender
        .create_person(MERCHANT, PERSON, &access.person_password, None)
        .await
        .map(drop)
        .or_else(|failure| {
            if failure == CredentialFailure::Taken {
                Ok(())
            } else {
                Err(refused(failure))
            }
        })?;
    Ok(access)
}

async fn write_applications(tender: &Tender, access: &Access) -> anyhow::Result<()> {
    let application = |id, merchant: MerchantId, name: &str, client: &str, secret: &str| Application {
        id,
        merchant: merchant.0,
        name: name.to_owned(),
        client_id: client.to_owned(),
        client_secret: secret.to_owned(),
        redirect_uris: vec![
            "http://127.0.0.1:8091/callback".to_owned(),
            "http://localhost:8091/callback".to_owned(),
        ],
        scopes: KSERIES_SCOPES.map(str::to_owned).to_vec(),
        own_method: None,
        disabled: false,
    };
    let applications = [
        application(
            KSERIES_APPLICATION,
            MERCHANT,
            "Pay at table",
            KSERIES_CLIENT,
            &access.kseries_secret,
        ),
        application(
            KOUNTA_APPLICATION,
            MERCHANT,
            "QR ordering",
            KOUNTA_CLIENT,
            &access.kounta_secret,
        ),
        Application {
            own_method: Some(TABLE_PAY),
            ..application(
                ADDON_APPLICATION,
                MERCHANT,
                "Table Pay",
                ADDON_CLIENT,
                &access.addon_secret,
            )
        },
        application(
            OM_APPLICATION,
            MERCHANT,
            "Order management",
            "tender-demo-om",
            &access.om_key,
        ),
        application(
            OTHER_KSERIES_APPLICATION,
            OTHER_MERCHANT,
            "Somebody's app",
            "devp-v2-other",
            &access.other_kseries,
        ),
        application(
            OTHER_OM_APPLICATION,
            OTHER_MERCHANT,
            "Somebody's orders",
            "other-om",
            &access.other_om_key,
        ),
    ];
    for application in &applications {
        tender.put_application(application).await.map_err(refused)?;
    }
    Ok(())
}

async fn write_tokens(tender: &Tender, access: &Access) -> anyhow::Result<()> {
    // Tokens of a demo live until they are taken back, so that scripts may move the clock.
    let token = |kind, merchant: MerchantId, application, actor: &str, text: &str| TokenSpec {
        kind,
        merchant,
        application: ApplicationId(application),
        owner: merchant,
        locations: None,
        scopes: KSERIES_SCOPES.iter().map(|scope| (*scope).to_owned()).collect(),
        device: None,
        actor: actor.to_owned(),
        label: format!("demo {actor}"),
        ttl_ms: None,
        text: Some(text.to_owned()),
    };
    let tokens = [
        token(TokenKind::Admin, MERCHANT, 0, "administrator", &access.admin),
        token(TokenKind::Till, MERCHANT, 0, "tills", &access.till),
        token(
            TokenKind::Access,
            MERCHANT,
            KSERIES_APPLICATION,
            "pay at table",
            &access.kseries_access,
        ),
        token(
            TokenKind::Access,
            MERCHANT,
            KOUNTA_APPLICATION,
            "qr ordering",
            &access.kounta_access,
        ),
        token(
            TokenKind::ApiKey,
            MERCHANT,
            OM_APPLICATION,
            "service user",
            &access.om_key,
        ),
        token(
            TokenKind::Admin,
            OTHER_MERCHANT,
            0,
            "administrator",
            &access.other_admin,
        ),
        token(
            TokenKind::Access,
            OTHER_MERCHANT,
            OTHER_KSERIES_APPLICATION,
            "app",
            &access.other_kseries,
        ),
        token(
            TokenKind::ApiKey,
            OTHER_MERCHANT,
            OTHER_OM_APPLICATION,
            "service user",
            &access.other_om_key,
        ),
    ];
    for token in tokens {
        tender.issue_token(token).await.map_err(refused)?;
    }
    Ok(())
}

/// Refresh tokens. The access token that a grant brings along is not the printed one: it ends like any other.
async fn write_grants(tender: &Tender, access: &Access, own: &Derive) -> anyhow::Result<()> {
    let grants = [
        (
            Flavour::KseriesV2,
            KSERIES_APPLICATION,
            &access.kseries_refresh,
            "kseries-first",
        ),
        (
            Flavour::Kounta,
            KOUNTA_APPLICATION,
            &access.kounta_refresh,
            "kounta-first",
        ),
    ];
    for (flavour, application, refresh, first) in grants {
        let grant = GrantSpec {
            flavour,
            application: ApplicationId(application),
            owner: MERCHANT,
            merchant: MERCHANT,
            locations: None,
            scopes: KSERIES_SCOPES.iter().map(|scope| (*scope).to_owned()).collect(),
            actor: PERSON.to_owned(),
            label: "demo".to_owned(),
            texts: Some((own.text(first), refresh.clone())),
        };
        tender.issue_grant(grant).await.map_err(refused)?;
    }
    Ok(())
}
