// Do the types that openapi-typescript makes of the document say what the API does? The compiler answers.
import type { components, paths } from "./api";

type Body<T> = T extends { content: { "application/json": infer B } } ? B : never;
type Problem = components["schemas"]["Problem"];

const tokens: Body<paths["/oauth2/token"]["post"]["responses"][200]> = {
  access_token: "…", token_type: "Bearer", expires_in: 300, scope: "openid",
};
const user: Body<paths["/api/v1/me"]["get"]["responses"][200]> = {
  id: "usr_…", username: "ada", email: "ada@example.org", name: null, picture: null, roles: [], created_at: "2026-01-31T12:00:00Z",
};
const change: components["schemas"]["MyChange"] = { name: null };
const taken: paths["/api/v1/users"]["post"]["responses"][409]["content"]["application/problem+json"] = {
  type: "…/errors#username_taken", title: "Conflict", status: 409, detail: "…", reason: "username_taken",
} satisfies Problem;
const page: components["schemas"]["AdminUserList"] = { items: [], next_cursor: null };

// @ts-expect-error A name may be null, and is never left out.
const nameless: typeof user = { id: "", username: "", email: "", picture: null, roles: [], created_at: "" };
// @ts-expect-error An e-mail address cannot be taken away.
const homeless: components["schemas"]["MyChange"] = { email: null };
// @ts-expect-error Nobody gets an answer of this status.
type Nothing = paths["/api/v1/me"]["get"]["responses"][409];

export { tokens, user, change, taken, page, nameless, homeless, type Nothing };
