import { Navigate } from "react-router";
import { useMe } from "../api/useMe";
import { screensOf } from "./screens";

/** Leads each role to its own work. */
export function Home() {
  const { data: me } = useMe();
  return me === undefined ? null : <Navigate to={screensOf(me.role)[0]?.to ?? "/queue"} replace />;
}
