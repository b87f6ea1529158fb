import { useRouteError } from "react-router";
import { ProblemNotice } from "../parts/ProblemNotice";

/** Stands where a screen failed, or where its code could not be fetched since the server was updated. */
export function Broken() {
  return <ProblemNotice error={useRouteError()} again={() => window.location.reload()} />;
}
