/** First parts of the query keys. What the live wire may change stands in LIVE_KEYS. */
export const ME = "me";
export const CASES = "cases";
export const CASE = "case";
export const MAP = "map";
export const ORDERS = "orders";
export const ORDER = "order";
export const HEIRS = "heirs";
export const FIGURES = "figures";
export const PRECISION = "precision";
export const ASSESSMENT = "assessment";
export const GROUND = "ground";
export const ADVERTISER = "advertiser";
export const MENDS = "mends";
export const NEAR = "near";
export const TAXONOMY = "taxonomy";
export const REPORT = "report";
export const REPORTABLE = "reportable";
/** What lies on the phone. */
export const UNSENT = "unsent";
export const SENDING = "sending";
export const REPORT_GRIDS = "report_grids";

export const LIVE_KEYS = [CASES, CASE, MAP, ORDERS, ORDER, FIGURES, ADVERTISER, MENDS, NEAR] as const;
