import type { ComponentType } from "react";
import { createHashRouter } from "react-router";
import { Problem } from "../api/problem";
import { Broken } from "./Broken";
import { Home } from "./Home";
import { Lost } from "./Lost";
import { Shell } from "./Shell";

/** A screen whose code is fetched once it is gone to. */
function screen(fetched: () => Promise<ComponentType>) {
  return async () => {
    try {
      return { Component: await fetched() };
    } catch {
      throw new Problem(0, "part_missing", "");
    }
  };
}

/** With the screen to which it leads: there may be no network by the time a report is sent. */
async function reportScreen(): Promise<ComponentType> {
  const [{ ReportScreen }] = await Promise.all([import("../screens/report/ReportScreen"), import("../screens/report/FollowScreen")]);
  return ReportScreen;
}

/** Routes live behind the hash, so any file server can serve the console. */
export const router = createHashRouter([
  { path: "/login", ErrorBoundary: Broken, lazy: screen(async () => (await import("../screens/login/LoginScreen")).LoginScreen) },
  { path: "/report", ErrorBoundary: Broken, lazy: screen(reportScreen) },
  { path: "/report/:token", ErrorBoundary: Broken, lazy: screen(async () => (await import("../screens/report/FollowScreen")).FollowScreen) },
  {
    path: "/",
    Component: Shell,
    ErrorBoundary: Broken,
    children: [
      { index: true, Component: Home },
      { path: "queue", lazy: screen(async () => (await import("../screens/queue/QueueScreen")).QueueScreen) },
      { path: "cases/:id", lazy: screen(async () => (await import("../screens/case/CaseScreen")).CaseScreen) },
      { path: "work", lazy: screen(async () => (await import("../screens/crew/WorkListScreen")).WorkListScreen) },
      { path: "work/:id", lazy: screen(async () => (await import("../screens/crew/WorkOrderScreen")).WorkOrderScreen) },
      { path: "inspect", lazy: screen(async () => (await import("../screens/report/InspectScreen")).InspectScreen) },
      { path: "orders", lazy: screen(async () => (await import("../screens/orders/OrdersScreen")).OrdersScreen) },
      { path: "review", lazy: screen(async () => (await import("../screens/review/ReviewScreen")).ReviewScreen) },
      { path: "assessment", lazy: screen(async () => (await import("../screens/assessment/AssessmentScreen")).AssessmentScreen) },
      { path: "precision", lazy: screen(async () => (await import("../screens/precision/PrecisionScreen")).PrecisionScreen) },
      { path: "*", Component: Lost },
    ],
  },
]);
