export function cidrFigures() {
  return [];
}
