import { createHashRouter } from "react-router";
import { Broken } from "./Broken";
import { Home } from "./Home";
import { Lost } from "./Lost";
import { Shell } from "./Shell";

/** Routes live behind the hash, so any file server can serve the console. */
export const router = createHashRouter([
  { path: "/login", ErrorBoundary: Broken, lazy: async () => ({ Component: (await import("../screens/login/LoginScreen")).LoginScreen }) },
  { path: "/report", ErrorBoundary: Broken, lazy: async () => ({ Component: (await import("../screens/report/ReportScreen")).ReportScreen }) },
  { path: "/report/:token", ErrorBoundary: Broken, lazy: async () => ({ Component: (await import("../screens/report/FollowScreen")).FollowScreen }) },
  {
    path: "/",
    Component: Shell,
    ErrorBoundary: Broken,
    children: [
      { index: true, Component: Home },
      { path: "queue", lazy: async () => ({ Component: (await import("../screens/queue/QueueScreen")).QueueScreen }) },
      { path: "cases/:id", lazy: async () => ({ Component: (await import("../screens/case/CaseScreen")).CaseScreen }) },
      { path: "work", lazy: async () => ({ Component: (await import("../screens/crew/WorkListScreen")).WorkListScreen }) },
      { path: "work/:id", lazy: async () => ({ Component: (await import("../screens/crew/WorkOrderScreen")).WorkOrderScreen }) },
      { path: "inspect", lazy: async () => ({ Component: (await import("../screens/report/InspectScreen")).InspectScreen }) },
      { path: "orders", lazy: async () => ({ Component: (await import("../screens/orders/OrdersScreen")).OrdersScreen }) },
      { path: "review", lazy: async () => ({ Component: (await import("../screens/review/ReviewScreen")).ReviewScreen }) },
      { path: "precision", lazy: async () => ({ Component: (await import("../screens/precision/PrecisionScreen")).PrecisionScreen }) },
      { path: "*", Component: Lost },
    ],
  },
]);
