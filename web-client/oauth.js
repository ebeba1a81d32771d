// Where are the tokens? In localStorage: all tabs share them, they survive a reload, and any script on this origin can read them.

import { config } from './config.js'
import { Refusal, read, refusal, send } from './http.js'
import { alone, note, tab, tell } from './tabs.js'
import { fresh, received } from './token.js'

/** @typedef {import('./token.js').Token & { rt: string, since: number }} Kept with the refresh token, another one each time; and when somebody signed in */

const key = `grantd.tokens ${config.issuer}`
// What a tab wrote reaches the others' processes a little later than the lock does, which is therefore held so long: milliseconds.
const hold = 100
// What the server says of a session that has ended, with 400 or 401. Anything else, and no answer at all, ends none.
const endings = ['invalid_grant', 'invalid_client', 'invalid_request']

/** The entry as it stands there; null as well where a browser forbids to look. */
function entry() {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

/** What an entry says. Of one that somebody edited, what it is still good for. @param {string | null} text @returns {Kept | null} */
function parse(text) {
  try {
    const { at, rt, exp, life, since, when, by } = JSON.parse(text ?? 'null') ?? {}
    if (typeof rt !== 'string' || !rt || rt.length > 4096) return null
    const sound = typeof at === 'string' && /^[\w.~+/=-]+$/.test(at) && [exp, life, since, when].every(Number.isFinite)
    return sound ? { at, rt, exp, life, since, when, by } : { at: '', rt, exp: 0, life: 0, since: 0, when: 0, by: tab }
  } catch {
    return null
  }
}

/** What is kept. */
export const state = () => parse(entry())
/** Whether there is an entry that is good for nothing. */
export const damaged = () => entry() !== null && !state()

/** @param {Kept} kept */
function write(kept) {
  try {
    localStorage.setItem(key, JSON.stringify(kept))
  } catch {
    throw new Refusal('This browser keeps nothing for this page.')
  }
}

const reached = () => new Promise((done) => setTimeout(done, hold))

/** @param {string} path @param {string[][]} fields @param {boolean} [keepalive] whether it is still sent when the page is closed */
const post = (path, fields, keepalive) =>
  send(config.server + path, { method: 'POST', body: new URLSearchParams([...fields, ['client_id', config.client]]), keepalive })

/** @param {string} username @param {string} password */
export async function signIn(username, password) {
  const resources = [config.issuer, config.cats].filter(Boolean).map((resource) => ['resource', resource])
  const answer = await post('/oauth2/token', [['grant_type', 'password'], ['username', username], ['password', password], ...resources])
  if (!answer.ok) throw await refusal(answer)
  const tokens = await read(answer)
  // Not beside a refresh, which might put the old ones back.
  await alone(async () => {
    const before = state()
    try {
      if (!tokens.refresh_token) throw new Refusal('The server gave no refresh token.')
      write({ ...received(tokens), rt: tokens.refresh_token, since: Date.now() })
    } catch (error) {
      revoke(tokens.refresh_token ?? tokens.access_token).catch(() => {})
      throw error
    }
    // Another tab signed in meanwhile: nobody holds those tokens any more.
    if (before) revoke(before.rt).catch(() => {})
    // The other tabs see it in the entry, which may reach them later than the channel would.
    note({ type: 'in' })
    await reached()
  })
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
    write({ ...received(tokens), rt: tokens.refresh_token ?? kept.rt, since: kept.since })
    await reached()
    return tokens.access_token
  }
  if (![400, 401].includes(why.status) || !endings.includes(why.error ?? '')) throw why
  drop(why)
  return null
}

/**
 * Forgets the tokens, in every tab.
 * @param {Refusal} [why] what the server said, if it was the one who ended it
 * @param {boolean} [chosen] whether the person wanted to go
 */
export function drop(why, chosen) {
  localStorage.removeItem(key)
  tell({ type: 'out', why: why?.message, reason: why?.reason, chosen })
}

/** @param {string} token */
async function revoke(token) {
  const answer = await post('/oauth2/revoke', [['token', token]], true)
  if (!answer.ok) throw await refusal(answer)
  // The server says nothing. A page of somebody in between is not its word.
  if (await answer.text()) throw new Refusal('The answer makes no sense.')
}

/** Signs out: here at once, and at the server, which may not be there. Either token ends the session, should one of them be spoilt. */
export async function signOut() {
  const kept = state()
  drop(undefined, true)
  const tokens = kept ? [kept.rt, kept.at].filter(Boolean) : []
  await Promise.all(tokens.map(revoke)).catch((error) => {
    throw new Refusal(`This page has forgotten you, but the server has not: the session goes on until it runs out. ${error.message}`)
  })
}

/** Whether somebody is signed in. */
export const signedIn = async () => state() !== null
/** Which sign-in the tokens are of. */
export const whose = () => state()?.since

/** Takes the access token for one that has run out. */
export const expire = () =>
  alone(async () => {
    const kept = state()
    if (kept) write({ ...kept, exp: Date.now() })
    await refresh()
  })

/** Spoils the refresh token, as a guess or a copying mistake would. */
export const breakRefreshToken = () =>
  alone(async () => {
    const kept = state()
    if (kept) write({ ...kept, rt: `${kept.rt}-broken` })
    await reached()
  })

// How a tab hears of a sign-in elsewhere; and of a sign-out, should the channel fail.
addEventListener('storage', ({ key: changed, oldValue, newValue }) => {
  if (changed !== key) return
  if (newValue === null) note({ type: 'out' })
  else if (parse(oldValue)?.since !== parse(newValue)?.since) note({ type: 'in' })
})
