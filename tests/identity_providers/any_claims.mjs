// An identity provider that says whatever a test wants: `oauth2-mock-server`. It checks PKCE, and little else.
//
// Prints its issuer when it takes requests, and ends with its standard input.
//
// What its tokens say is set by `POST /test/claims` with JSON; a claim that is null is left out.

import { createServer } from 'node:http';

import { OAuth2Server } from 'oauth2-mock-server';

let claims = {};

const { issuer, service } = new OAuth2Server();
await issuer.keys.generate('RS256');

service.on('beforeTokenSigning', (token) => {
  for (const [name, value] of Object.entries(claims)) {
    if (value === null) delete token.payload[name];
    else token.payload[name] = value;
  }
});

const server = createServer((request, response) => {
  if (request.method !== 'POST' || request.url !== '/test/claims') {
    service.requestHandler(request, response);
    return;
  }
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    claims = JSON.parse(Buffer.concat(parts).toString());
    response.writeHead(204).end();
  });
});
server.listen(0, '127.0.0.1', () => {
  issuer.url = `http://127.0.0.1:${server.address().port}`;
  console.log(issuer.url);
});
process.stdin.on('end', () => process.exit(0)).resume();
