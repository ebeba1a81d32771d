// How does a person use the API from the page at /docs? Swagger UI shows the document; this signs in, refreshes and signs out with it.

const place = document.getElementById('swagger-ui')
const notice = document.getElementById('notice')
// Whatever name the server was reached by: nothing on this page talks to another origin.
const home = location.origin + place.dataset.base
const clientId = 'swagger-ui'
const scopes = ['openid', 'profile', 'email', 'account', 'sessions']
// Whether sign-ins outlive the page, in the storage that all tabs share.
const remember = 'remember' in place.dataset
const stored = 'authorized'

// How long before its end a token is replaced, in milliseconds.
const margin = 10_000
// The next holder of a lock may still read what was in the storage before: it is held a little longer.
const hold = 100
// How long a request may take: whoever holds the lock keeps all tabs waiting.
const patience = 20_000

let ui

const say = (text) => {
  notice.textContent = text
  notice.hidden = !text
}

/** An error that Swagger UI shows as its sentence alone. */
const plain = (sentence) => Object.assign(new Error(sentence), { name: '' })

/** The same, said at the top of the page too. */
const told = (sentence) => {
  say(sentence)
  return plain(sentence)
}

async function reach(url, request = {}) {
  try {
    return await fetch(url, { ...request, signal: AbortSignal.timeout(patience) })
  } catch {
    const unseen = (request.method ?? 'GET') === 'GET' ? 'Try once more.' : 'It may have been done all the same: look before you send it again.'
    throw plain(`The server does not answer; it may be starting again. ${unseen}`)
  }
}

/** Sends a form to a protocol endpoint, as the client that signed in. */
const post = (path, auth, fields) =>
  reach(home + path, {
    method: 'POST',
    body: new URLSearchParams({ ...fields, client_id: auth.clientId }),
    credentials: 'omit',
    keepalive: true,
  })

// --- Sign-ins, as Swagger UI keeps them: by the name of the scheme.

const signIns = () => ui.authSelectors.authorized()?.toJS() ?? {}
const refreshable = () => Object.values(signIns()).find((auth) => auth.token?.refresh_token)
const rotated = (auth, other) => other?.token?.refresh_token !== auth.token.refresh_token
/** Which sign-in an access token belongs to. */
const session = (token) => JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'))).sid

/** What all tabs share, or this one alone. */
function kept() {
  if (!remember) return signIns()
  try {
    return JSON.parse(localStorage.getItem(stored)) ?? {}
  } catch {
    return {}
  }
}
const restore = (authorized) => ui.authActions.restoreAuthorization({ authorized })

function forget(auth) {
  const { [auth.name]: _, ...others } = signIns()
  restore(others)
  ui.authActions.persistAuthorizationIfNeeded()
}

/** Changes what is kept, while no other tab does. */
const alone = (change) => {
  const held = async () => {
    const outcome = await change()
    if (remember) await new Promise((done) => setTimeout(done, hold))
    return outcome
  }
  return navigator.locks ? navigator.locks.request('grantd-docs', held) : held()
}

/** The access token to go on with if another tab was quicker. It may as well have signed out, or in as somebody else. */
function overtaken(auth) {
  const other = kept()[auth.name]
  if (!rotated(auth, other)) return null
  restore(kept())
  if (!other) throw told('You signed out meanwhile. Press Authorize to sign in again.')
  if (session(other.token.access_token) !== session(auth.token.access_token)) throw told('You signed in anew meanwhile. Nothing was sent.')
  return other.token.access_token
}

/** Gets the next tokens. Alone, so that no other tab does the same with the same refresh token. */
async function renew(auth) {
  const before = overtaken(auth)
  if (before) return before
  const answer = await post('/oauth2/token', auth, { grant_type: 'refresh_token', refresh_token: auth.token.refresh_token })
  const token = await answer.json().catch(() => ({}))
  // What another tab wrote may be seen here only now.
  const meanwhile = overtaken(auth)
  if (meanwhile) return meanwhile
  if (answer.ok) {
    ui.authActions.authorizeOauth2WithPersistOption({ auth, token })
    return token.access_token
  }
  const why = token.error_description ?? `The server answers ${answer.status}.`
  // Whatever else stands between may say no: only the server's own word ends a sign-in.
  if (!['invalid_grant', 'invalid_client', 'unauthorized_client'].includes(token.error)) throw plain(`${why} You are still signed in: try once more.`)
  forget(auth)
  throw told(`You are signed out. ${why} Press Authorize to sign in again.`)
}

let underWay = {}
/** The access token to go on with. Whoever asks meanwhile, in the same sign-in, waits for the same one. */
function refresh(auth) {
  const whose = session(auth.token.access_token)
  if (underWay.whose !== whose) {
    const mine = { whose, token: alone(() => renew(auth)).finally(() => underWay === mine && (underWay = {})) }
    underWay = mine
  }
  return underWay.token
}

// --- Requests.

async function prepare(request) {
  // Else a browser would open its own password box where a client is refused.
  request.credentials = 'omit'
  request.userFetch = reach
  const auth = refreshable()
  if (auth && request.headers.Authorization === bearer(auth.token.access_token)) {
    request.userFetch = again
    if (auth.token.expires_at - Date.now() < margin) {
      try {
        request.headers.Authorization = bearer(await refresh(auth))
      } catch (error) {
        // Swagger UI shows what goes wrong in sending, but not before it.
        request.userFetch = () => Promise.reject(error)
      }
    }
  }
  return request
}

const bearer = (token) => `Bearer ${token}`

/** Sends a request, and once more with the next token where the server says that this one is no good. */
async function again(url, request) {
  const sent = refreshable()
  const answer = await reach(url, request)
  const auth = refreshable()
  if (!auth || answer.status !== 401 || !answer.headers.get('www-authenticate')?.includes('"invalid_token"')) return answer
  // Somebody else signed in meanwhile: it was not their request.
  if (session(sent.token.access_token) !== session(auth.token.access_token)) return answer
  const mine = request.headers.Authorization === bearer(auth.token.access_token)
  request.headers.Authorization = bearer(mine ? await refresh(auth) : auth.token.access_token)
  return reach(url, request)
}

// --- What Swagger UI does differently here.

const Sessions = () => ({
  statePlugins: {
    auth: {
      wrapActions: {
        // The password is not kept; when the token runs out is.
        authorizeOauth2: (next) => ({ auth, token }) => {
          say('')
          return next({ auth: { ...auth, password: '' }, token: { ...token, expires_at: Date.now() + token.expires_in * 1000 } })
        },
        // Ends the session at the server too. The dialog closes, or it would still know the password.
        logout: (next, system) => (names) => {
          system.authActions.showDefinitions(false)
          alone(() => {
            const gone = names.map((name) => kept()[name] ?? signIns()[name]).filter((auth) => auth?.token?.refresh_token)
            next(names)
            ui.authActions.persistAuthorizationIfNeeded()
            for (const auth of gone) signOut(auth)
          })
        },
      },
    },
    err: {
      wrapActions: {
        // "Error: , error: invalid_grant, description: The name …" becomes the sentence.
        newAuthErr: (next) => (error) => next({ ...error, message: error.message.split(', description: ').pop().replace(/^Error: /, '') }),
      },
    },
  },
})

async function signOut(auth) {
  try {
    const answer = await post('/oauth2/revoke', auth, { token: auth.token.refresh_token })
    say(answer.ok ? 'You are signed out.' : `This page has forgotten you, but the server answers ${answer.status}: the session may go on.`)
  } catch {
    say('This page has forgotten you, but the server could not be told: the session goes on until it expires.')
  }
}

/** The schema of a form whose fields hold what the first example has of no secret, and nothing besides: else each would hold "string". */
function filled({ schema, examples }, schemas) {
  const { properties, ...form } = schemas[schema.$ref?.split('/').pop()] ?? schema
  const [{ value }] = Object.values(examples)
  const known = (name) => (['grant_type', 'client_id', 'scope'].includes(name) ? value[name] : undefined)
  const filling = ([name, about]) => [name, { ...about, example: known(name) ?? (about.type === 'array' ? [] : '') }]
  return { ...form, properties: Object.fromEntries(Object.entries(properties).map(filling)) }
}

/** The document, as if this were its only server. */
async function read() {
  const description = await (await reach(`${home}/openapi.json`)).json()
  const issuer = description.servers[0].url
  const here = (url) => home + url.replace(issuer, '')
  description.servers = [{ url: home }]
  description.externalDocs.url = here(description.externalDocs.url)
  // People sign in here; a service has no business in a browser.
  const { grantd } = description.components.securitySchemes
  description.components.securitySchemes = { grantd }
  for (const operation of Object.values(description.paths).flatMap(Object.values)) {
    operation.security = operation.security.filter((scheme) => 'grantd' in scheme)
    const content = operation.requestBody?.content['application/x-www-form-urlencoded']
    if (content) content.schema = filled(content, description.components.schemas)
  }
  delete grantd.flows.clientCredentials
  grantd.description = 'Sign in with your name and password.'
  for (const flow of Object.values(grantd.flows)) {
    flow.tokenUrl = here(flow.tokenUrl)
    if (flow.refreshUrl) flow.refreshUrl = here(flow.refreshUrl)
  }
  return description
}

const dark = matchMedia('(prefers-color-scheme: dark)')
const dress = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', dress)
dress()

try {
  ui = SwaggerUIBundle({
    spec: await read(),
    domNode: place,
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    tryItOutEnabled: true,
    persistAuthorization: remember,
    validatorUrl: null,
    requestInterceptor: prepare,
    plugins: [Sessions],
    onComplete: () => ui.initOAuth({ clientId, scopes }),
  })
} catch (error) {
  console.error(error)
  say('The API document cannot be loaded. Is the server running? Reload the page to try once more.')
}

// Another tab signed in or out, or refreshed. What the event tells may be older than what is there.
addEventListener('storage', ({ key }) => {
  if (remember && (key === stored || key === null)) restore(kept())
})

// Where sign-ins are not to outlive the page, neither do their sessions.
addEventListener('pagehide', () => {
  for (const auth of remember || !ui ? [] : Object.values(signIns())) {
    forget(auth)
    signOut(auth)
  }
})

// What Swagger UI does not say to those who hear the page, cannot point, or let a program fill in passwords.
const operation = (element) => element.closest('.opblock').id.split('-').pop()
const field = (element) => {
  const { paramName, propertyName } = element.closest('[data-param-name], [data-property-name]')?.dataset ?? {}
  return paramName ?? propertyName ?? 'Request body'
}
const attributes = [
  ['.close-modal', 'aria-label', () => 'Close'],
  ['.copy-to-clipboard button', 'aria-label', () => 'Copy'],
  ['.opblock-section :is(input:not([type=checkbox]), select, textarea)', 'aria-label', field],
  ['.response-control-examples select', 'aria-label', () => 'Example'],
  ['.responses-table[role=region]', 'aria-label', (table) => `Responses of ${operation(table)}`],
  ['.microlight, .curl', 'tabindex', () => '0'],
  ['.auth-container .errors', 'role', () => 'alert'],
  ['#oauth_username', 'autocomplete', () => 'username'],
  ['#oauth_password', 'autocomplete', () => 'current-password'],
]
const amend = () => {
  for (const [selector, name, value] of attributes) {
    for (const element of place.querySelectorAll(`:is(${selector}):not([${name}])`)) element.setAttribute(name, value(element))
  }
  // A button is called what stands on it.
  for (const button of place.querySelectorAll('.auth-btn-wrapper button[aria-label]')) button.removeAttribute('aria-label')
}
new MutationObserver(amend).observe(place, { childList: true, subtree: true, attributes: true, attributeFilter: ['aria-label'] })

// The fields for name and password are in no form: Enter would do nothing.
place.addEventListener('keydown', ({ key, target }) => {
  if (key === 'Enter' && !target.form && target.matches('.auth-container input:not([type=checkbox])')) {
    target.closest(':has(> .auth-btn-wrapper)').querySelector('button.authorize').click()
  }
})
