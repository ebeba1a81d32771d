// What can a script on the page look at? Functions that run there.

/** Before the page's own scripts: notes what the page sends, is answered and tells its other tabs. */
export function pack() {
  window.seen = { heard: [], answers: [], headers: [] }
  const { heard, answers, headers } = window.seen
  const real = window.fetch
  window.fetch = async (url, request) => {
    headers.push(JSON.stringify({ ...request?.headers, Authorization: undefined, body: request?.body }))
    const answer = await real(url, request)
    answers.push(`${[...answer.headers]} ${await answer.clone().text()}`)
    return answer
  }
  new BroadcastChannel(`grantd ${location.origin}`).onmessage = ({ data }) => heard.push(JSON.stringify(data))
  addEventListener('message', ({ data }) => heard.push(JSON.stringify(data) ?? ''))
  addEventListener('storage', ({ key, newValue }) => heard.push(`${key} ${newValue}`))
}

/** All that is there to be read, by place. */
export async function readable() {
  const asText = (value) => {
    const met = new Set()
    const replace = (_, value) => {
      if (typeof value !== 'object' || value === null) return typeof value === 'function' ? String(value) : value
      if (met.has(value)) return '(seen)'
      met.add(value)
      return value
    }
    try {
      return JSON.stringify(value, replace) ?? ''
    } catch {
      return ''
    }
  }
  const kept = async () => {
    const found = []
    for (const { name } of await indexedDB.databases()) {
      const database = await new Promise((resolve) => (indexedDB.open(name).onsuccess = ({ target }) => resolve(target.result)))
      for (const store of database.objectStoreNames) {
        const request = database.transaction(store).objectStore(store).getAll()
        found.push(name, store, asText(await new Promise((resolve) => (request.onsuccess = () => resolve(request.result)))))
      }
    }
    return found.join()
  }
  const cached = async () => {
    const found = []
    for (const name of await caches.keys()) {
      const cache = await caches.open(name)
      for (const request of await cache.keys()) found.push(name, request.url, await (await cache.match(request)).text())
    }
    return found.join()
  }
  const elements = [...document.querySelectorAll('*')]
  const own = elements.map((element) => Object.keys(element).map((key) => asText(element[key])))
  // `seen` is what this test put there.
  const globals = Object.getOwnPropertyNames(window).filter((name) => name !== 'seen')
  const frame = document.body.appendChild(document.createElement('iframe'))
  const news = globals.filter((name) => !Object.hasOwn(frame.contentWindow, name))
  frame.remove()
  return {
    localStorage: asText({ ...localStorage }),
    sessionStorage: asText({ ...sessionStorage }),
    indexedDB: await kept(),
    caches: await cached(),
    workers: asText((await navigator.serviceWorker?.getRegistrations())?.map(({ scope }) => scope)),
    cookie: document.cookie,
    cookieStore: asText(await globalThis.cookieStore?.getAll()),
    heard: asText(window.seen.heard),
    globals: news.map((name) => `${name}=${asText(window[name])}`).join(),
    name: window.name,
    history: asText(history.state),
    addresses: `${location.href} ${document.referrer} ${performance.getEntries().map(({ name }) => name)}`,
    page: document.documentElement.outerHTML,
    fields: asText([...document.querySelectorAll('input')].map(({ value }) => value)),
    elements: own.flat().join(),
    templates: [...document.querySelectorAll('template')].map(({ innerHTML }) => innerHTML).join(),
  }
}
