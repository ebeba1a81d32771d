// What do the tabs of a browser share? A lock, so that one refreshes for all; a channel, so that all hear of it; and who is there.

import { config } from './config.js'
import { Refusal } from './http.js'

/**
 * @typedef {{ type: 'in' }} SignedIn somebody signed in
 * @typedef {{ type: 'out', why?: string, reason?: string, chosen?: boolean }} SignedOut somebody chose to sign out, or the server said why
 * @typedef {{ type: 'hello' | 'here' | 'bye', tab: string }} Present
 * @typedef {SignedIn | SignedOut | Present} Message
 */

// Another server on the same origin has another page, and other tokens.
const name = `grantd ${config.issuer}`
// How long one waits for the others, in milliseconds.
const patience = 20_000

/** What this tab is called. */
export const tab = Math.random().toString(36).slice(2, 6)

/** @type {Promise<unknown>} */
let queue = Promise.resolve()

/**
 * Does something while no other tab does.
 * @template T
 * @param {() => Promise<T>} job
 * @returns {Promise<T>}
 */
export async function alone(job) {
  if (navigator.locks) {
    const request = navigator.locks.request(name, { signal: AbortSignal.timeout(patience) }, job)
    return request.catch((error) => {
      throw error instanceof DOMException ? new Refusal('Another tab keeps this one waiting.') : error
    })
  }
  // Over plain http there are no locks. This tab waits for itself; two tabs at once are answered alike by the server (its window).
  const done = queue.then(job)
  queue = done.catch(() => {})
  return done
}

const channel = new BroadcastChannel(name)
/** @type {((message: Message, own: boolean) => void)[]} */
const listeners = []

/**
 * Hears what any tab tells, this one included.
 * @param {(message: Message, own: boolean) => void} listener
 */
export const hear = (listener) => listeners.push(listener)

/** Tells this tab alone. @param {Message} message */
export function note(message, own = true) {
  for (const listener of listeners) listener(message, own)
}

/** @param {Message} message */
export function tell(message) {
  channel.postMessage(message)
  note(message)
}

/** @type {Set<string>} */
const others = new Set()
/** How many tabs are open. */
export const tabs = () => others.size + 1

channel.addEventListener('message', ({ data }) => {
  if (data.type === 'hello') channel.postMessage({ type: 'here', tab })
  if (data.type === 'bye') others.delete(data.tab)
  else if (data.tab) others.add(data.tab)
  note(data, false)
})
addEventListener('pageshow', () => channel.postMessage({ type: 'hello', tab }))
addEventListener('pagehide', () => channel.postMessage({ type: 'bye', tab }))
