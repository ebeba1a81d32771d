// Does openid-client, as npm has it, get along with a server started by `grantd dev`? `node openid-client.mjs ISSUER`
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import * as jose from 'jose'
import * as oauth from 'openid-client'

const issuer = process.argv[2]
const step = (text) => console.log(`- ${text}`)

const connect = (clientId, authentication, algorithm = 'oidc') =>
  oauth.discovery(new URL(issuer), clientId, undefined, authentication, {
    algorithm,
    // The issuer of dev is http on the loopback.
    execute: [oauth.allowInsecureRequests],
  })

/** The call has to be refused in this way. */
const refused = async (call, error) => {
  await assert.rejects(call, (thrown) => {
    assert.ok(thrown instanceof oauth.ResponseBodyError, `a protocol error, not ${thrown}`)
    assert.equal(thrown.error, error)
    assert.equal(thrown.status, 400)
    return true
  })
}

for (const algorithm of ['oidc', 'oauth2']) {
  step(`discovery (${algorithm})`)
  const web = await connect('web', oauth.None(), algorithm)
  const metadata = web.serverMetadata()
  assert.equal(metadata.issuer, issuer)
  for (const name of ['token_endpoint', 'jwks_uri', 'introspection_endpoint', 'revocation_endpoint']) {
    assert.ok(metadata[name]?.startsWith(issuer), `${name}: ${metadata[name]}`)
  }

  step('password grant as web')
  const first = await oauth.genericGrantRequest(web, 'password', {
    username: 'ada',
    password: 'ada-dev-password',
    scope: 'openid profile email',
  })
  assert.equal(first.token_type, 'bearer')
  assert.ok(first.expiresIn() > 0)
  assert.ok(first.refresh_token)

  step('the access token, verified offline (RFC 9068)')
  const keys = jose.createRemoteJWKSet(new URL(metadata.jwks_uri))
  const { payload } = await jose.jwtVerify(first.access_token, keys, { issuer, audience: issuer, typ: 'at+jwt' })
  assert.equal(payload.client_id, 'web')

  // RFC 8414 does not speak of userinfo.
  if (algorithm === 'oidc') {
    step('userinfo')
    const user = await oauth.fetchUserInfo(web, first.access_token, payload.sub)
    assert.equal(user.email, 'ada@example.org')
  }

  step('a wrong password is invalid_grant')
  await refused(
    oauth.genericGrantRequest(web, 'password', { username: 'ada', password: 'not hers' }),
    'invalid_grant',
  )

  step('refresh')
  const second = await oauth.refreshTokenGrant(web, first.refresh_token)
  assert.notEqual(second.refresh_token, first.refresh_token)
  assert.notEqual(second.access_token, first.access_token)
  assert.equal(second.scope, first.scope)

  for (const method of ['ClientSecretBasic', 'ClientSecretPost']) {
    step(`client credentials as demo-service (${method})`)
    const service = await connect('demo-service', oauth[method]('demo-service-dev-secret'), algorithm)
    const own = await oauth.clientCredentialsGrant(service)
    assert.equal(own.refresh_token, undefined)
    assert.equal(jose.decodeJwt(own.access_token).sub, 'demo-service')
  }

  step('introspection as demo-api')
  const api = await connect('demo-api', oauth.ClientSecretBasic('demo-api-dev-secret'), algorithm)
  const seen = await oauth.tokenIntrospection(api, second.access_token)
  assert.equal(seen.active, true)
  assert.equal(seen.sub, payload.sub)
  assert.equal(seen.username, 'ada')

  step('revocation')
  await oauth.tokenRevocation(web, second.refresh_token, { token_type_hint: 'refresh_token' })

  step('afterwards the refresh is invalid_grant')
  await refused(oauth.refreshTokenGrant(web, second.refresh_token), 'invalid_grant')

  step('afterwards introspection says inactive, of each token')
  for (const token of [first.access_token, second.access_token, second.refresh_token]) {
    assert.deepEqual(await oauth.tokenIntrospection(api, token), { active: false })
  }
}

const { version } = JSON.parse(await readFile('node_modules/openid-client/package.json'))
console.log(`openid-client ${version}: all done`)
