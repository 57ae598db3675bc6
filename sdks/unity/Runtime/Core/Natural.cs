using System.Collections.Generic;

namespace Rankora
{
    /// <summary>A whole number of any size, from 0: what exact conversions of numbers need, and no more.</summary>
    internal sealed class Natural
    {
        // The lowest first, and no zero at the top.
        private readonly List<uint> limbs = new List<uint>();

        public Natural(ulong value)
        {
            for (; value != 0; value >>= 32) limbs.Add((uint)value);
        }

        private Natural(List<uint> limbs)
        {
            this.limbs = limbs;
        }

        public Natural Copy()
        {
            return new Natural(new List<uint>(limbs));
        }

        public Natural MultiplyAdd(uint factor, uint added = 0)
        {
            ulong carry = added;
            for (var index = 0; index < limbs.Count; index++)
            {
                carry += (ulong)limbs[index] * factor;
                limbs[index] = (uint)carry;
                carry >>= 32;
            }
            if (carry != 0) limbs.Add((uint)carry);
            return this;
        }

        public Natural MultiplyByPowerOfTen(int power)
        {
            for (; power >= 9; power -= 9) MultiplyAdd(1000000000);
            for (; power > 0; power--) MultiplyAdd(10);
            return this;
        }

        public Natural ShiftLeft(int bits)
        {
            if (limbs.Count == 0) return this;
            MultiplyAdd(1u << (bits % 32));
            for (var limb = 0; limb < bits / 32; limb++) limbs.Insert(0, 0);
            return this;
        }

        public Natural Add(Natural other)
        {
            ulong carry = 0;
            for (var index = 0; index < other.limbs.Count || carry != 0; index++)
            {
                if (index == limbs.Count) limbs.Add(0);
                carry += limbs[index];
                if (index < other.limbs.Count) carry += other.limbs[index];
                limbs[index] = (uint)carry;
                carry >>= 32;
            }
            return this;
        }

        /// <summary>Takes away one that is not greater.</summary>
        public void Subtract(Natural other)
        {
            long borrow = 0;
            for (var index = 0; index < limbs.Count; index++)
            {
                borrow += limbs[index];
                if (index < other.limbs.Count) borrow -= other.limbs[index];
                limbs[index] = (uint)borrow;
                borrow >>= 32;
            }
            while (limbs.Count > 0 && limbs[limbs.Count - 1] == 0) limbs.RemoveAt(limbs.Count - 1);
        }

        public int CompareTo(Natural other)
        {
            if (limbs.Count != other.limbs.Count) return limbs.Count.CompareTo(other.limbs.Count);
            for (var index = limbs.Count - 1; index >= 0; index--)
            {
                if (limbs[index] != other.limbs[index]) return limbs[index].CompareTo(other.limbs[index]);
            }
            return 0;
        }
    }
}
