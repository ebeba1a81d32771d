// Where are the tokens? In localStorage: all tabs share them, they survive a reload, and any script on this origin can read them.

import { config } from './config.js'
import { Refusal, read, refusal, send } from './http.js'
import { alone, note, tab, tell } from './tabs.js'

/**
 * One entry, written and read whole.
 * @typedef {object} Kept
 * @property {string} at the access token
 * @property {string} rt the refresh token, another one each time
 * @property {number} exp when the access token runs out, by this machine's clock: milliseconds
 * @property {number} life how long it lives, in milliseconds
 * @property {number} since when somebody signed in
 * @property {number} when when it was refreshed
 * @property {string} by by which tab
 */

const key = 'grantd.tokens'
// What a tab wrote reaches the others' processes a little later than the lock does, which is therefore held so long: milliseconds.
const hold = 100
// What ends a session. Anything else, and no answer at all, does not.
const endings = ['invalid_grant', 'invalid_client', 'unauthorized_client', 'invalid_request']

/** How long before its end an access token is replaced: a fifth of its life, at most 30 seconds. @param {number} life */
export const margin = (life) => Math.min(30_000, life / 5)

/**
 * Whether a token is good for another request. `stale` is one that was refused.
 * @param {{ at: string, exp: number, life: number }} kept
 * @param {string} [stale]
 */
export const fresh = (kept, stale) => kept.at !== stale && kept.exp - Date.now() > margin(kept.life)

/** The entry as it stands there; null as well where a browser forbids to look. */
function entry() {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

/** What is kept. Of an entry that somebody edited, what it is still good for. @returns {Kept | null} */
export function state() {
  try {
    const { at, rt, exp, life, since, when, by } = JSON.parse(entry() ?? 'null') ?? {}
    if (typeof rt !== 'string' || !rt) return null
    const sound = typeof at === 'string' && /^[\w.-]+$/.test(at) && [exp, life, since, when].every(Number.isFinite)
    return sound ? { at, rt, exp, life, since, when, by } : { at: '', rt, exp: 0, life: 0, since: 0, when: 0, by: tab }
  } catch {
    return null
  }
}

/** Whether there is an entry that is good for nothing. */
export const damaged = () => entry() !== null && !state()

/** @param {any} tokens the answer of the token endpoint @param {number} since */
function keep({ access_token, refresh_token, expires_in }, since) {
  if (!access_token || !refresh_token) throw new Refusal('The server gave no tokens.')
  const [life, when] = [expires_in * 1000, Date.now()]
  /** @type {Kept} */
  const kept = { at: access_token, rt: refresh_token, exp: when + life, life, since, when, by: tab }
  write(kept)
}

/** @param {Kept} kept */
function write(kept) {
  try {
    localStorage.setItem(key, JSON.stringify(kept))
  } catch {
    throw new Refusal('This browser keeps nothing for this page.')
  }
}

/** @param {string} path @param {string[][]} fields */
const post = (path, fields) =>
  // keepalive: a page that is closed has still said that it signs out.
  send(config.server + path, { method: 'POST', body: new URLSearchParams([...fields, ['client_id', config.client]]), keepalive: true })

/** @param {string} username @param {string} password */
export async function signIn(username, password) {
  const resources = [config.issuer, config.cats].filter(Boolean).map((resource) => ['resource', resource])
  const answer = await post('/oauth2/token', [['grant_type', 'password'], ['username', username], ['password', password], ...resources])
  if (!answer.ok) throw await refusal(answer)
  const tokens = await read(answer)
  const before = state()
  try {
    keep(tokens, Date.now())
  } catch (error) {
    if (tokens.refresh_token) await revoke(tokens.refresh_token)
    throw error
  }
  // Another tab signed in meanwhile: nobody holds those tokens any more.
  if (before) revoke(before.rt).catch(() => {})
  tell({ type: 'in' })
}

/**
 * An access token that is good for another request; null when nobody is signed in.
 * @param {string} [stale] one that was refused
 * @returns {Promise<string | null>}
 */
export async function token(stale) {
  const kept = state()
  if (!kept || fresh(kept, stale)) return kept && kept.at
  return alone(() => refresh(stale))
}

/** @param {string} [stale] */
async function refresh(stale) {
  // Another tab may have refreshed, or signed out, while this one waited.
  const kept = state()
  if (!kept || fresh(kept, stale)) return kept && kept.at
  const answer = await post('/oauth2/token', [['grant_type', 'refresh_token'], ['refresh_token', kept.rt]])
  const tokens = answer.ok ? await read(answer) : null
  const why = answer.ok ? null : await refusal(answer)
  // Somebody signed out or in while the answer was under way; or, without locks, another tab was quicker.
  const now = state()
  if (now?.rt !== kept.rt) return now && now.at
  if (!why) {
    keep(tokens, kept.since)
    tell({ type: 'token' })
    await new Promise((done) => setTimeout(done, hold))
    return tokens.access_token
  }
  if (!endings.includes(why.error ?? '')) throw why
  drop(why)
  return null
}

/** Forgets the tokens, in every tab. @param {Refusal} [why] what the server said, if it was the one who ended it */
export function drop(why) {
  localStorage.removeItem(key)
  tell({ type: 'out', why: why?.message, reason: why?.reason })
}

/** @param {string} token */
async function revoke(token) {
  const answer = await post('/oauth2/revoke', [['token', token]])
  if (!answer.ok) throw await refusal(answer)
}

/** Signs out: here at once, and at the server, which may not be there. */
export async function signOut() {
  const kept = state()
  drop()
  await (kept && revoke(kept.rt))?.catch((error) => {
    throw new Refusal(`This page has forgotten you, but the server has not: the session goes on until it runs out. ${error.message}`)
  })
}

/** Whether somebody is signed in. */
export const signedIn = async () => state() !== null
/** Which sign-in the tokens are of. */
export const whose = () => state()?.since

/** Takes the access token for one that has run out. */
export function expire() {
  const kept = state()
  if (kept) write({ ...kept, exp: Date.now() })
  tell({ type: 'token' })
}

/** Spoils the refresh token, as a guess or a copying mistake would. */
export function breakRefreshToken() {
  const kept = state()
  if (kept) write({ ...kept, rt: `${kept.rt}-broken` })
}

// The second way to hear of it, should the channel fail.
addEventListener('storage', (event) => {
  if (event.key === key || event.key === null) note({ type: state() ? 'token' : 'out' })
})
