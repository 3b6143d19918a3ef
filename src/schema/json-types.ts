/** JSON as data trees have it (RFC 7951): names are `name`, or `module:name` where the module changes. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject
export interface JsonObject {
  [name: string]: JsonValue
}
