import type { TypeFields } from './schema-types.ts';

/**
 * What serveConfigV2 may hold: ServeDeploySchema and its parts, of ray/serve/schema.py of Ray 2.5x. Required are `applications`
 * and each one's `import_path`; the rest has defaults.
 */
export const SERVE_TYPES: Readonly<Record<string, TypeFields>> = {
  ServeConfig: { proxy_location: 's', http_options: 'ServeHttp', grpc_options: 'ServeGrpc', logging_config: 'ServeLogging', applications: '[ServeApplication]!', target_capacity: 'n' },
  ServeHttp: { host: 's', port: 'i', root_path: 's', request_timeout_s: 'n', keep_alive_timeout_s: 'i', ssl_keyfile: 's', ssl_certfile: 's', ssl_keyfile_password: 's', ssl_ca_certs: 's' },
  ServeGrpc: { port: 'i', grpc_servicer_functions: '[s]', request_timeout_s: 'n' },
  ServeLogging: { encoding: 's', log_level: '*', logs_dir: 's', enable_access_log: 'b', additional_log_standard_attrs: '[s]' },
  ServeApplication: {
    name: 's',
    route_prefix: 's',
    import_path: 's!',
    runtime_env: '*',
    deployments: '*',
    autoscaling_policy: '*',
    args: '*',
    logging_config: 'ServeLogging',
    external_scaler_enabled: 'b',
  },
  ServeDeployment: Object.fromEntries(
    [
      'name',
      'num_replicas',
      'max_ongoing_requests',
      'max_concurrent_queries',
      'max_queued_requests',
      'user_config',
      'autoscaling_config',
      'graceful_shutdown_wait_loop_s',
      'graceful_shutdown_timeout_s',
      'health_check_period_s',
      'health_check_timeout_s',
      'ray_actor_options',
      'placement_group_bundles',
      'placement_group_strategy',
      'max_replicas_per_node',
      'logging_config',
      'request_router_config',
    ].map((name) => [name, '*']),
  ),
};
