// An OpenID Connect provider (npm oidc-provider, certified) for tests/accounts/test_oidc.py: who logs in is said by GET /become?user=NAME.
// Usage: node provider.mjs REDIRECT_URI CLIENT_ID CLIENT_SECRET; prints its issuer on a line of its own.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [redirectUri, clientId, clientSecret] = process.argv.slice(2);
let user = "nobody";

const claimsOf = (name) => ({
  sub: `subject-${name}`,
  name: name[0].toUpperCase() + name.slice(1),
  email: `${name}@example.org`,
  email_verified: !name.startsWith("unverified"),
  groups: name.startsWith("operator") ? ["all", "ev-operations"] : ["all"],
});

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri], scope: "openid email profile" }],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "groups"] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true },
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (ctx, id) => ({ accountId: id, claims: () => claimsOf(id.replace("subject-", "")) }),
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope("openid email profile");
      await grant.save();
      return grant;
    },
  });
  const answer = provider.callback();
  server.on("request", async (request, response) => {
    const url = new URL(request.url, issuer);
    if (url.pathname === "/become") {
      user = url.searchParams.get("user");
      response.end();
    } else if (url.pathname.startsWith("/interaction/")) {
      await provider.interactionFinished(request, response, { login: { accountId: `subject-${user}` } });
    } else {
      answer(request, response);
    }
  });
  console.log(issuer);
});
