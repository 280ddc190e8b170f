//! A family of models from a macro of the user.

/// The orders of one channel.
macro_rules! per_channel {
    ($name:ident, $upstream:path) => {
        /// Orders of one channel.
        #[model(schema = "shop")]
        pub fn $name(orders: Ref<$upstream>) -> View<_> {
            sql!("select order_id, amount from {orders} where channel = 'web'")
        }
    };
}
