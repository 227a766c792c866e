/** What the tests use of fengari, a Lua interpreter that has no types of its own. */
declare module "fengari" {
  type State = unknown;
  type Text = Uint8Array;
  export const lua: {
    lua_setglobal(state: State, name: Text): void;
    lua_getfield(state: State, index: number, name: Text): number;
    lua_setfield(state: State, index: number, name: Text): void;
    lua_rawseti(state: State, index: number, at: number): void;
    lua_tostring(state: State, index: number): Text;
    lua_pushstring(state: State, text: Text): void;
    lua_newtable(state: State): void;
    lua_pop(state: State, count: number): void;
  };
  export const lauxlib: { luaL_newstate(): State; luaL_dostring(state: State, text: Text): boolean };
  export const lualib: { luaL_openlibs(state: State): void };
  export function to_luastring(text: string): Text;
  export function to_jsstring(text: Text): string;
}
