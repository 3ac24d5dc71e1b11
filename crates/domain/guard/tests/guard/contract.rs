//! The contract as others read it.

use serde_json::Value;

use crate::house::House;

#[tokio::test]
async fn every_address_says_which_role_it_demands() {
    for house in House::each_empty().await {
        let document = serde_json::to_value(fanvine_guard::router(house.guard.clone()).into_openapi()).unwrap();
        let mut told = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let role = operation["security"][0].get("role").map_or("everyone", |roles| roles[0].as_str().unwrap());
                assert_eq!(operation["tags"][0], "guard");
                told.push(format!("{method} {path} {} {role}", operation["operationId"].as_str().unwrap()));
            }
        }
        told.sort();
        assert_eq!(
            told,
            [
                "delete /api/v1/accounts/{id} delete_account owner",
                "delete /api/v1/keys/{id} delete_key owner",
                "delete /api/v1/session sign_out analyst",
                "get /api/v1/accounts list_accounts owner",
                "get /api/v1/audit list_audit owner",
                "get /api/v1/keys list_keys owner",
                "get /api/v1/session read_session analyst",
                "patch /api/v1/accounts/{id} change_account owner",
                "post /api/v1/accounts create_account owner",
                "post /api/v1/keys create_key owner",
                "post /api/v1/keys/{id}/rotate rotate_key owner",
                "post /api/v1/session sign_in everyone",
                "put /api/v1/session/password change_password analyst",
            ]
        );
        let schemas = document["components"]["schemas"].as_object().unwrap();
        for name in [
            "Session",
            "SignIn",
            "ChangePassword",
            "Account",
            "AccountList",
            "NewAccount",
            "AccountChange",
            "Role",
            "ServerKey",
            "ServerKeyList",
            "NewServerKey",
            "CreatedServerKey",
            "AuditList",
            "AuditEntry",
            "Problem",
        ] {
            assert!(schemas.contains_key(name), "{name} is missing among {:?}", schemas.keys());
        }
        assert_eq!(schemas["Role"]["enum"], Value::from(vec!["analyst", "operator", "owner"]));
    }
}
