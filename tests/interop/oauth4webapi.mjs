// Does oauth4webapi, as npm has it, get along with a server started by `grantd dev`? `node oauth4webapi.mjs ISSUER`
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import * as oauth from 'oauth4webapi'

const issuer = process.argv[2]
// The issuer of dev is http on the loopback.
const insecure = { [oauth.allowInsecureRequests]: true }
const step = (text) => console.log(`- ${text}`)

/** The library itself has to throw this. */
const refused = (call, type, members) =>
  assert.rejects(call, (thrown) => {
    assert.ok(thrown instanceof type, `${type.name}, not ${thrown}`)
    for (const [name, value] of Object.entries(members)) assert.equal(thrown[name], value)
    return true
  })
const invalidGrant = { error: 'invalid_grant', status: 400 }

step('discovery')
const found = await oauth.discoveryRequest(new URL(issuer), { algorithm: 'oidc', ...insecure })
const server = await oauth.processDiscoveryResponse(new URL(issuer), found)

const web = { client_id: 'web' }
const password = async (parameters) => {
  const answer = await oauth.genericTokenEndpointRequest(server, web, oauth.None(), 'password', parameters, insecure)
  return oauth.processGenericTokenEndpointResponse(server, web, answer)
}
const refresh = async (token) => {
  const answer = await oauth.refreshTokenGrantRequest(server, web, oauth.None(), token, insecure)
  return oauth.processRefreshTokenResponse(server, web, answer)
}
const ada = { username: 'ada', password: 'ada-dev-password' }

step('password grant as web')
const first = await password({ ...ada, scope: 'openid profile email' })
assert.equal(first.token_type, 'bearer')
assert.equal(first.scope, 'openid profile email')

step('a wrong password is invalid_grant')
await refused(password({ ...ada, password: 'not hers' }), oauth.ResponseBodyError, invalidGrant)

/** What an API does with a request that brings this token. */
const validated = (token, audience) => {
  const request = new Request('http://localhost/', { headers: { authorization: `Bearer ${token}` } })
  return oauth.validateJwtAccessToken(server, request, audience, insecure)
}

step('the access token, validated offline (RFC 9068)')
const claims = await validated(first.access_token, issuer)
assert.equal(claims.client_id, 'web')
assert.equal(claims.scope, 'openid profile email')
const theirs = await password({ ...ada, resource: 'http://localhost:8090' })
assert.equal((await validated(theirs.access_token, 'http://localhost:8090')).sub, claims.sub)

step('no other token is taken for one')
const [header, payload, signature] = first.access_token.split('.')
const promoted = Buffer.from(JSON.stringify({ ...claims, roles: ['admin', 'root'] })).toString('base64url')
for (const [token, code] of [
  [`${header}.${promoted}.${signature}`, 'OAUTH_INVALID_RESPONSE'],
  [theirs.access_token, 'OAUTH_JWT_CLAIM_COMPARISON_FAILED'],
  [first.refresh_token, 'OAUTH_INVALID_RESPONSE'],
  ['of.no.sense', 'OAUTH_PARSE_ERROR'],
]) {
  await refused(validated(token, issuer), oauth.OperationProcessingError, { code })
}

step('userinfo')
const seenByWeb = await oauth.userInfoRequest(server, web, first.access_token, insecure)
const user = await oauth.processUserInfoResponse(server, web, claims.sub, seenByWeb)
assert.equal(user.email, 'ada@example.org')

step('refresh')
const second = await refresh(first.refresh_token)
assert.notEqual(second.refresh_token, first.refresh_token)
assert.notEqual(second.access_token, first.access_token)
assert.equal(second.scope, first.scope)

step('client credentials as demo-service')
const service = { client_id: 'demo-service' }
for (const method of [oauth.ClientSecretBasic, oauth.ClientSecretPost]) {
  const secret = method('demo-service-dev-secret')
  const answer = await oauth.clientCredentialsGrantRequest(server, service, secret, {}, insecure)
  const own = await oauth.processClientCredentialsResponse(server, service, answer)
  assert.equal((await validated(own.access_token, issuer)).sub, 'demo-service')
}

/** What the server tells demo-api about a token. */
const introspected = async (token) => {
  const api = { client_id: 'demo-api' }
  const secret = oauth.ClientSecretBasic('demo-api-dev-secret')
  const answer = await oauth.introspectionRequest(server, api, secret, token, insecure)
  return oauth.processIntrospectionResponse(server, api, answer)
}

step('introspection as demo-api')
const seen = await introspected(second.access_token)
assert.deepEqual([seen.active, seen.username, seen.sub], [true, 'ada', claims.sub])

step('revocation')
const revoked = await oauth.revocationRequest(server, web, oauth.None(), second.refresh_token, insecure)
assert.equal(await oauth.processRevocationResponse(revoked), undefined)

step('afterwards the refresh is invalid_grant, and introspection says inactive')
await refused(refresh(second.refresh_token), oauth.ResponseBodyError, invalidGrant)
for (const token of [first.access_token, second.access_token, second.refresh_token]) {
  assert.deepEqual(await introspected(token), { active: false })
}

const { version } = JSON.parse(await readFile('node_modules/oauth4webapi/package.json'))
console.log(`oauth4webapi ${version}: all done`)
