// What does a server say? An answer, a refusal with its reason, or nothing at all: three different things to a person.

// How long a request may take: whoever refreshes keeps all tabs waiting.
const patience = 10_000

/** A request that did not succeed, in words for the person who wanted it. */
export class Refusal extends Error {
  /**
   * @param {string} message
   * @param {{ status?: number, error?: string, reason?: string, fields?: { field: string, detail: string }[] }} [about]
   */
  constructor(message, { status = 0, error, reason, fields = [] } = {}) {
    super(message)
    /** 0 when nobody answered. */
    this.status = status
    /** The word of RFC 6749 §5.2. */
    this.error = error
    /** What /errors explains. */
    this.reason = reason
    /** The values that break a rule. */
    this.fields = fields
  }
}

/**
 * Sends a request. Cookies stay at home, unless it says otherwise.
 * @param {string} url
 * @param {RequestInit} [request]
 */
export async function send(url, request) {
  try {
    return await fetch(url, { credentials: 'omit', redirect: 'error', ...request, signal: AbortSignal.timeout(patience) })
  } catch {
    throw new Refusal(navigator.onLine ? `${new URL(url).origin} does not answer.` : 'You are offline.')
  }
}

/**
 * What an answer says, which has to be an object of JSON: a page of somebody in between is none.
 * @param {Response} answer
 */
export async function read(answer) {
  const said = await answer.json().catch(() => null)
  if (Object(said) === said) return said
  throw new Refusal(`What ${new URL(answer.url).origin} answers makes no sense.`, { status: answer.status })
}

/**
 * Why an answer is a no, in either dialect: RFC 6749 §5.2 or RFC 9457.
 * @param {Response} answer
 */
export async function refusal(answer) {
  const said = await answer.json().catch(() => null)
  const { error, reason, detail, error_description, errors } = Object(said)
  const wait = answer.headers.get('Retry-After')
  const sentence = detail ?? error_description ?? `${new URL(answer.url).origin} answers ${answer.status}.`
  return new Refusal(wait ? `${sentence} Try again in ${wait} s.` : sentence, { status: answer.status, error, reason, fields: Array.isArray(errors) ? errors : [] })
}
