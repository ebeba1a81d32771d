// Which server is this page for? Grantd writes this file itself where it serves the page; on a host of your own, change it here.

export const config = {
  /** What the server calls itself: the `iss` of its tokens. */
  issuer: 'http://localhost:8080',
  /** Where its endpoints are. */
  server: 'http://localhost:8080',
  /** What this page is called there: a public client that may use `password` and `refresh_token`. */
  client: 'web',
  /** The API of cats and their owners, which trusts that server; '' where there is none. */
  cats: 'http://localhost:8090',
}
