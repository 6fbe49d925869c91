// A strict identity provider: `oidc-provider`, with a login page that a test can use over plain HTTP.
//
// Prints its issuer when it takes requests, and ends with its standard input.
//
// Who logs in says, in the form, what the tokens say of them: `user`, `groups` (with blanks between), and `otp` for a second
// factor. There is no password: what is tested is the way of the tokens, not this page.

import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';

import Provider from 'oidc-provider';

// Changed by `POST /test/lifetime`, so that a test need not wait for an hour to see a login renewed.
const lifetimes = { seconds: 3600 };
const groups = new Map();

// The second key is used by nobody: a verifier has to find the right one by its name.
const key = (kind, options, names) => ({
  ...generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' }),
  use: 'sig',
  ...names,
});
const keys = [
  key('ec', { namedCurve: 'P-256' }, { alg: 'ES256', kid: 'in-use' }),
  key('rsa', { modulusLength: 2048 }, { alg: 'RS256', kid: 'other' }),
];

const settings = {
  jwks: { keys },
  clients: [
    {
      client_id: 'daypass-cli',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      // The port is any port, as RFC 8252 wants it.
      redirect_uris: ['http://127.0.0.1/callback'],
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      response_types: ['code'],
      id_token_signed_response_alg: 'ES256',
    },
  ],
  claims: { openid: ['sub', 'amr', 'acr', 'auth_time'], groups: ['groups'], email: ['email'], profile: ['name'] },
  scopes: ['openid', 'offline_access', 'groups', 'email', 'profile'],
  // The id token is all that Daypass looks at: what it says must be in it.
  conformIdTokenClaims: false,
  features: {
    deviceFlow: { enabled: true },
    revocation: { enabled: true },
    devInteractions: { enabled: false },
  },
  cookies: { keys: ['test data'] },
  ttl: {
    AccessToken: () => lifetimes.seconds,
    IdToken: () => lifetimes.seconds,
    AuthorizationCode: 60,
    DeviceCode: 60,
    RefreshToken: 3600,
    Grant: 3600,
    Interaction: 600,
    Session: 3600,
  },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@example.com`, name: id, groups: groups.get(id) ?? [] }),
  }),
};

// Who asks at the token endpoint, for a test that counts.
let renewals = 0;

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, settings);
  provider.use((ctx, next) => handle(provider, ctx, next));
  provider.on('grant.success', (ctx) => {
    if (ctx.oidc.params.grant_type === 'refresh_token') renewals += 1;
  });
  server.on('request', provider.callback());
  console.log(issuer);
});
process.stdin.on('end', () => process.exit(0)).resume();

async function handle(provider, ctx, next) {
  const { method, path } = ctx;
  if (path === '/test/lifetime' && method === 'POST') {
    lifetimes.seconds = Number((await form(ctx)).get('seconds'));
    ctx.status = 204;
    return undefined;
  }
  if (path === '/test/renewals') {
    ctx.body = String(renewals);
    return undefined;
  }
  if (!path.startsWith('/interaction/')) return next();
  const { params, prompt } = await provider.interactionDetails(ctx.req, ctx.res);
  if (method === 'GET') {
    ctx.body = `who is it? (${prompt.name})`;
    return undefined;
  }
  const said = await form(ctx);
  if (said.has('abort')) {
    return finish(provider, ctx, { error: 'access_denied', error_description: 'nobody logged in' });
  }
  const accountId = said.get('user');
  groups.set(accountId, (said.get('groups') ?? '').split(' ').filter(Boolean));
  const grant = new provider.Grant({ accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const factors = said.has('otp')
    ? { amr: ['pwd', 'otp'], acr: 'urn:example:two-factors' }
    : { amr: ['pwd'], acr: 'urn:example:password' };
  return finish(provider, ctx, { login: { accountId, ...factors }, consent: { grantId: await grant.save() } });
}

async function form(ctx) {
  const parts = [];
  for await (const part of ctx.req) parts.push(part);
  return new URLSearchParams(Buffer.concat(parts).toString());
}

async function finish(provider, ctx, result) {
  ctx.respond = false;
  await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
}
